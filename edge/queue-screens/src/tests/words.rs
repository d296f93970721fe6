//! The catalogue: plural forms of CLDR, and the letters of each alphabet.

use crate::words;
use expect_test::expect;
use protocol::Lang;

#[test]
fn numbers_take_the_form_their_language_has_for_them() {
    let mut said = String::new();
    for lang in Lang::ALL {
        for n in [0, 1, 2, 5, 11, 21, 22, 25, 111, 1004] {
            said += &format!("{}; ", words::windows_open(lang, n));
        }
        said.push('\n');
    }
    expect![[r#"
        0 ta oyna; 1 ta oyna; 2 ta oyna; 5 ta oyna; 11 ta oyna; 21 ta oyna; 22 ta oyna; 25 ta oyna; 111 ta oyna; 1004 ta oyna; 
        0 та ойна; 1 та ойна; 2 та ойна; 5 та ойна; 11 та ойна; 21 та ойна; 22 та ойна; 25 та ойна; 111 та ойна; 1004 та ойна; 
        0 окон; 1 окно; 2 окна; 5 окон; 11 окон; 21 окно; 22 окна; 25 окон; 111 окон; 1004 окна; 
        0 windows; 1 window; 2 windows; 5 windows; 11 windows; 21 windows; 22 windows; 25 windows; 111 windows; 1004 windows; 
    "#]]
    .assert_eq(&said);
}

#[test]
fn the_core_strings_are_the_house_s() {
    let said = Lang::ALL.map(|lang| {
        let parts = [
            words::ahead(lang, 3),
            words::wait(lang, 12, 18),
            words::called(lang, 3),
            words::no_paper(lang).to_owned(),
        ];
        parts.join(" | ")
    });
    expect![[r#"
        Sizdan oldin: 3 kishi | Taxminan 12–18 daqiqa | Siz chaqirildingiz: 3-oyna | Qogʻoz tugagan. Raqamingizni eslab qoling yoki suratga oling
        Сиздан олдин: 3 киши | Тахминан 12–18 дақиқа | Сиз чақирилдингиз: 3-ойна | Қоғоз тугаган. Рақамингизни эслаб қолинг ёки суратга олинг
        Перед вами: 3 | Примерно 12–18 мин | Вас вызывают: окно 3 | Нет бумаги. Запомните или сфотографируйте номер
        Ahead of you: 3 | About 12–18 min | You are called: window 3 | Out of paper. Remember or photograph your number"#]]
    .assert_eq(&said.join("\n"));
}
