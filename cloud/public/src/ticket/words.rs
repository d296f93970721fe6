//! What the phone page says, in each language.

use protocol::Lang;

/// One text in each language: Uzbek in Latin and in Cyrillic script, Russian, English.
#[derive(Debug, Clone, Copy)]
pub(super) struct TicketText(&'static str, &'static str, &'static str, &'static str);

impl TicketText {
    pub(super) const fn get(self, lang: Lang) -> &'static str {
        match lang {
            Lang::UzLatn => self.0,
            Lang::UzCyrl => self.1,
            Lang::Ru => self.2,
            Lang::En => self.3,
        }
    }
    /// With the number in its place.
    pub(super) fn with(self, lang: Lang, number: impl std::fmt::Display) -> String {
        self.get(lang).replace("{n}", &number.to_string())
    }
}

pub(super) const TITLE: TicketText = TicketText("Sizning raqamingiz", "Сизнинг рақамингиз", "Ваш номер", "Your number");
pub(super) const AHEAD: TicketText = TicketText(
    "Sizdan oldin: {n} kishi",
    "Сиздан олдин: {n} киши",
    "Перед вами: {n}",
    "Ahead of you: {n}",
);
pub(super) const NEXT: TicketText =
    TicketText("Siz navbatdagisiz", "Сиз навбатдагисиз", "Вы следующий", "You are next");
pub(super) const CALLED: TicketText = TicketText(
    "Siz chaqirildingiz: {n}-oyna",
    "Сиз чақирилдингиз: {n}-ойна",
    "Вас вызывают: окно {n}",
    "You are called: window {n}",
);
pub(super) const SERVING: TicketText = TicketText(
    "Sizga xizmat koʻrsatilmoqda",
    "Сизга хизмат кўрсатилмоқда",
    "Вас обслуживают",
    "You are being served",
);
pub(super) const HELD: TicketText = TicketText(
    "Raqamingiz vaqtincha kutishga qoʻyildi",
    "Рақамингиз вақтинча кутишга қўйилди",
    "Ваш номер временно отложен",
    "Your number is put aside for a while",
);
pub(super) const NO_SHOW: TicketText = TicketText(
    "Siz chaqirildingiz, lekin kelmadingiz. Xodimga murojaat qiling",
    "Сиз чақирилдингиз, лекин келмадингиз. Ходимга мурожаат қилинг",
    "Вас вызывали, но вы не подошли. Обратитесь к сотруднику",
    "You were called and did not come. Please see a member of staff",
);
pub(super) const DONE: TicketText = TicketText(
    "Tashrifingiz uchun rahmat",
    "Ташрифингиз учун раҳмат",
    "Спасибо за визит",
    "Thank you for your visit",
);
pub(super) const CANCELLED: TicketText = TicketText(
    "Chipta bekor qilindi",
    "Чипта бекор қилинди",
    "Талон отменён",
    "The ticket was cancelled",
);
pub(super) const EXPIRED: TicketText = TicketText(
    "Chiptaning muddati oʻtdi",
    "Чиптанинг муддати ўтди",
    "Срок талона истёк",
    "The ticket has expired",
);
pub(super) const CANCEL: TicketText = TicketText("Bekor qilish", "Бекор қилиш", "Отменить", "Cancel");
pub(super) const MORE_TIME: TicketText = TicketText(
    "Menga yana 10 daqiqa kerak",
    "Менга яна 10 дақиқа керак",
    "Мне нужно ещё 10 минут",
    "I need 10 more minutes",
);
pub(super) const HOW_WAS_IT: TicketText = TicketText(
    "Xizmatga baho bering",
    "Хизматга баҳо беринг",
    "Оцените обслуживание",
    "How was it?",
);
pub(super) const THANKS: TicketText = TicketText(
    "Bahoyingiz uchun rahmat",
    "Баҳойингиз учун раҳмат",
    "Спасибо за оценку",
    "Thank you for telling us",
);
pub(super) const STALE: TicketText = TicketText(
    "Filial bilan aloqa yoʻq. Soʻnggi holat koʻrsatilgan; navbatingiz saqlanadi",
    "Филиал билан алоқа йўқ. Сўнгги ҳолат кўрсатилган; навбатингиз сақланади",
    "Нет связи с отделением. Показано последнее состояние; ваша очередь сохраняется",
    "No link to the branch. This is the last we know; your place is kept",
);
pub(super) const UNKNOWN: TicketText = TicketText(
    "Bunday chipta yoʻq",
    "Бундай чипта йўқ",
    "Такого талона нет",
    "There is no such ticket",
);
