//! The words of the story in three languages. The Arabic has not been reviewed by a translator.

use super::story::StepName;

/// The language of the story.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// Arabic.
    Ar,
    /// French.
    Fr,
    /// English.
    #[default]
    En,
}

impl Language {
    /// Returns the language tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Ar => "ar",
            Self::Fr => "fr",
            Self::En => "en",
        }
    }

    const fn pick(self, [ar, fr, en]: [&'static str; 3]) -> &'static str {
        match self {
            Self::Ar => ar,
            Self::Fr => fr,
            Self::En => en,
        }
    }

    /// Returns what a step tells.
    #[must_use]
    pub const fn title(self, step: StepName) -> &'static str {
        self.pick(match step {
            StepName::Registry => [
                "سجل الثقة ينشر من يحق له أن يصدر ومن يحق له أن يسأل",
                "Le registre de confiance publie qui peut délivrer et qui peut demander",
                "The trust registry publishes who may issue and who may ask",
            ],
            StepName::Card => [
                "المواطنة تقرب بطاقتها من الهاتف وتحصل على بيانات هويتها",
                "La citoyenne approche sa carte et reçoit ses données d'identité",
                "The citizen taps her card and receives her identity credential",
            ],
            StepName::Offer => [
                "الصندوق الوطني للضمان الاجتماعي يعرض شهادة الحقوق",
                "La CNSS offre l'attestation de droits, avec un code par un autre canal",
                "CNSS offers a credential of rights, with a code by another channel",
            ],
            StepName::Store => [
                "المحفظة مختومة على القرص وتكشف كل تغيير",
                "Le portefeuille est scellé sur le disque et remarque toute altération",
                "The wallet is sealed on disk and notices any change",
            ],
            StepName::CrossDevice => [
                "نارسا تسأل من أجل تجديد رخصة السياقة",
                "La NARSA demande, pour renouveler un permis de conduire",
                "NARSA asks, to renew a driving licence",
            ],
            StepName::SameDevice => [
                "المستشفى يسأل عن شهادتين في نفس المتصفح",
                "L'hôpital demande deux attestations, dans le même navigateur",
                "The hospital asks for two credentials, in the same browser",
            ],
            StepName::OverAsking => [
                "طلب يتجاوز ما هو مسجل ترفضه المنصة نفسها",
                "Une demande au-delà de l'enregistrement est refusée par le vérificateur",
                "A query beyond the registration is refused by the verifier",
            ],
            StepName::CarelessVerifier => [
                "وإذا نسيت المنصة ذلك ترفضه المحفظة",
                "Si un vérificateur l'oublie, le portefeuille refuse",
                "When a verifier forgets that check, the wallet refuses",
            ],
            StepName::Usurper => [
                "توقيع صحيح من الصندوق على هوية ليست من حقه مرفوض",
                "Une signature valable de la CNSS sur une identité est refusée",
                "A valid signature of CNSS on an identity credential is refused",
            ],
            StepName::CopiedCard => [
                "نسخة من البطاقة دون مفتاح شريحتها مرفوضة",
                "Une copie de la carte sans la clé de sa puce est refusée",
                "A copied card without its chip key is refused",
            ],
            StepName::Revocation => [
                "الجهة المصدرة تلغي والعرض التالي مرفوض",
                "L'émetteur révoque et la présentation suivante est refusée",
                "The issuer revokes, and the next presentation is refused",
            ],
        })
    }

    /// Returns the heading of the story.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        self.pick([
            "محفظة: من البطاقة الوطنية إلى الحكم",
            "Mahfada : de la carte nationale au verdict",
            "Mahfada: from the national card to a verdict",
        ])
    }

    /// Returns what stands before the consent lines: who, why, shown, hidden.
    #[must_use]
    pub const fn consent(self) -> [&'static str; 4] {
        match self {
            Self::Ar => ["من يسأل", "لماذا", "يظهر", "يبقى مخفيا"],
            Self::Fr => ["qui", "pourquoi", "montré", "caché"],
            Self::En => ["who", "why", "shown", "hidden"],
        }
    }

    /// Returns the last line.
    #[must_use]
    pub const fn ending(self, well: bool) -> &'static str {
        self.pick(if well {
            [
                "انتهت كل خطوة كما يجب",
                "Chaque étape s'est terminée comme il faut",
                "Every step ended as it must",
            ]
        } else {
            [
                "خطوة لم تنته كما يجب",
                "Une étape ne s'est pas terminée comme il faut",
                "A step did not end as it must",
            ]
        })
    }
}
