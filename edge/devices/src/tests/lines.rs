//! Which lines can be, whatever is plugged in, and which never.

use crate::{gpio::Chip, lines::LineOpener};
use adapter_sdk::{
    ActiveLevel, Bias, GpioTarget, InputPin, Line, LineSpec, ModbusTarget, ModbusTransport, OutputPin, Parity,
    SerialTarget, SocketTarget, StopBits, gpio::Gpio as _, socket::SocketError,
};
use std::{sync::Arc, time::Duration};

fn check(wants: &LineSpec) -> Result<Line, String> {
    let lines = LineOpener::new(Arc::new(rustls::RootCertStore::empty()));
    lines.open(wants).map_err(|error| error.to_string())
}

fn serial(path: &str) -> SerialTarget {
    SerialTarget {
        path: path.into(),
        baud: 9600,
        parity: Parity::None,
        stop_bits: StopBits::One,
    }
}

fn modbus(unit: u8) -> LineSpec {
    let target = SocketTarget {
        host: "relays.example".into(),
        port: 502,
    };
    let via = ModbusTransport::Tcp(target);
    LineSpec::Modbus(ModbusTarget { via, unit })
}

fn pins(outputs: &[u32], inputs: &[u32]) -> GpioTarget {
    let active = ActiveLevel::Low;
    let input = |offset: &u32| InputPin {
        offset: *offset,
        active,
        bias: Bias::PullUp,
        debounce: Duration::ZERO,
    };
    GpioTarget {
        chip: "/dev/gpiochip-not-there".into(),
        outputs: outputs
            .iter()
            .map(|offset| OutputPin {
                offset: *offset,
                active,
            })
            .collect(),
        inputs: inputs.iter().map(input).collect(),
    }
}

#[test]
fn what_is_not_plugged_in_is_a_line_all_the_same() {
    let absent = "/dev/not-plugged-in";
    let several = LineSpec::Several(vec![
        LineSpec::Serial(serial(absent)),
        LineSpec::Chars(absent.into()),
        LineSpec::Keys(absent.into()),
        modbus(247),
        LineSpec::Gpio(pins(&[0, 1], &[2, 3])),
    ]);
    let lines = check(&several).expect("lines").several();
    let kinds: Vec<&str> = lines
        .iter()
        .map(|line| match line {
            Line::Socket(_) => "socket",
            Line::Keys(_) => "keys",
            Line::Modbus(_) => "modbus",
            Line::Gpio(_) => "gpio",
            Line::Http(_) | Line::Calls | Line::Several(_) => "other",
        })
        .collect();
    assert_eq!(kinds, ["socket", "socket", "keys", "modbus", "gpio"]);
}

#[test]
fn what_can_never_be_is_told_with_the_settings() {
    for path in ["", "lp0", "/dev/"] {
        let says = format!("{path:?} is not the absolute path of a device");
        assert_eq!(check(&LineSpec::Serial(serial(path))).expect_err(path), says);
        assert_eq!(check(&LineSpec::Chars(path.into())).expect_err(path), says);
        assert_eq!(check(&LineSpec::Keys(path.into())).expect_err(path), says);
    }
    for unit in [0, 248, 254] {
        let says = format!("{unit} is no Modbus unit: they go from 1 to 247, and 255 is any");
        assert_eq!(check(&modbus(unit)).expect_err("no unit"), says);
    }
    assert!(check(&modbus(255)).is_ok());
    let many: Vec<u32> = (0..65).collect();
    for target in [pins(&[1], &[1]), pins(&[1, 1], &[]), pins(&many, &[])] {
        assert!(check(&LineSpec::Gpio(target)).is_err());
    }
}

#[tokio::test]
async fn a_chip_that_is_not_there_is_no_connection() {
    let taken = Chip::new(pins(&[0], &[1])).take();
    assert!(matches!(taken, Err(SocketError::Connect(_))), "{taken:?}");
}
