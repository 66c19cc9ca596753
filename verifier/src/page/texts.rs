//! What the pages say.

use super::language::Language;

/// The sentences of all pages in one language.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) open_title: &'static str,
    pub(super) purpose: &'static str,
    pub(super) open_wallet: &'static str,
    pub(super) only_yours: &'static str,
    pub(super) come_back: &'static str,
    pub(super) arrived_title: &'static str,
    pub(super) arrived: &'static str,
    pub(super) closed_title: &'static str,
    pub(super) closed: &'static str,
    pub(super) other_title: &'static str,
    pub(super) other: &'static str,
    pub(super) failed_title: &'static str,
    pub(super) failed: &'static str,
}

impl Texts {
    pub(super) const fn in_language(language: Language) -> &'static Self {
        match language {
            Language::Arabic => &ARABIC,
            Language::French => &FRENCH,
            Language::English => &ENGLISH,
        }
    }
}

const ARABIC: Texts = Texts {
    open_title: "افتح محفظتك للإجابة",
    purpose: "الغرض:",
    open_wallet: "افتح المحفظة",
    only_yours: "تابع فقط إذا كنت أنت من بدأ هذا الإجراء لدى هذه الجهة. ستعرض عليك المحفظة ما هو مطلوب، والقرار لك.",
    come_back: "بعد الإجابة ستعود إلى هذا المتصفح. لا تغلقه.",
    arrived_title: "وصل جوابك",
    arrived: "يمكنك إغلاق هذه الصفحة والعودة إلى الجهة التي طلبت منك ذلك.",
    closed_title: "هذا الطلب لم يعد مفتوحا",
    closed: "عد إلى الجهة التي طلبت منك ذلك وابدأ من جديد.",
    other_title: "لا يمكن إتمام هذا الطلب هنا",
    other: "هذا الرابط يخص متصفحا آخر، أو لم يعد صالحا. عد إلى الجهة التي طلبت منك ذلك وابدأ من جديد.",
    failed_title: "الخدمة غير متاحة حاليا",
    failed: "أعد المحاولة بعد قليل.",
};

const FRENCH: Texts = Texts {
    open_title: "Ouvrez votre portefeuille pour répondre",
    purpose: "Motif :",
    open_wallet: "Ouvrir le portefeuille",
    only_yours: "Continuez seulement si vous avez vous-même commencé cette démarche auprès de cet organisme. \
                 Le portefeuille vous montrera ce qui est demandé, et vous déciderez.",
    come_back: "Après votre réponse, vous reviendrez dans ce navigateur. Ne le fermez pas.",
    arrived_title: "Votre réponse est arrivée",
    arrived: "Vous pouvez fermer cette page et revenir à l'organisme qui vous l'a demandée.",
    closed_title: "Cette demande n'est plus ouverte",
    closed: "Revenez à l'organisme qui vous l'a adressée et recommencez.",
    other_title: "Cette demande ne peut pas être terminée ici",
    other: "Ce lien appartient à un autre navigateur, ou n'est plus valable. Revenez à l'organisme et recommencez.",
    failed_title: "Le service n'est pas disponible",
    failed: "Réessayez dans un instant.",
};

const ENGLISH: Texts = Texts {
    open_title: "Open your wallet to answer",
    purpose: "Purpose:",
    open_wallet: "Open the wallet",
    only_yours: "Go on only if you began this with this organization yourself. The wallet will show you what is asked \
                 for, and you decide.",
    come_back: "After your answer you will be back in this browser. Do not close it.",
    arrived_title: "Your answer has arrived",
    arrived: "You may close this page and go back to the organization that asked.",
    closed_title: "This request is no longer open",
    closed: "Go back to the organization that asked and begin again.",
    other_title: "This request cannot be completed here",
    other: "This link belongs to another browser, or is no longer good. Go back to the organization and begin again.",
    failed_title: "The service is not available",
    failed: "Try again in a moment.",
};
