//! The one table of problems: code, status, clause, and what people read in three languages.
//!
//! A row is `Variant = "code", status [, "clause"], en: title => what to do, fr: …, ar: …;`. Titles say what is the
//! case, the second text says what the reader can do about it; neither ever holds data of an occurrence.

use super::{ProblemRow, ProblemText, ProblemTexts};

macro_rules! problem_codes {
    ($($(#[$meta:meta])* $variant:ident = $name:literal, $status:literal $(, $clause:literal)?,
        en: $en_title:literal => $en_do:literal,
        fr: $fr_title:literal => $fr_do:literal,
        ar: $ar_title:literal => $ar_do:literal;)*) => {
        /// The stable name of a refusal on the management port.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum ProblemCode {
            $($(#[$meta])* $variant,)*
        }

        impl ProblemCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the row of the table.
            #[must_use]
            pub const fn row(self) -> &'static ProblemRow {
                match self {
                    $(Self::$variant => &ProblemRow {
                        name: $name,
                        status: $status,
                        clause: clause!($($clause)?),
                        texts: ProblemTexts {
                            ar: ProblemText { title: $ar_title, what_to_do: $ar_do },
                            fr: ProblemText { title: $fr_title, what_to_do: $fr_do },
                            en: ProblemText { title: $en_title, what_to_do: $en_do },
                        },
                    },)*
                }
            }

            /// Finds the code that has this name on the wire.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

macro_rules! clause {
    () => {
        None
    };
    ($clause:literal) => {
        Some($clause)
    };
}

problem_codes! {
    // Every service.
    /// No valid API key came with the request.
    Unauthorized = "unauthorized", 401, "RFC 6750 §3.1",
        en: "A valid API key is needed"
            => "Send the API key of your organisation in the Authorization header, as Bearer.",
        fr: "Une clé d’API valide est nécessaire"
            => "Envoyez la clé d’API de votre organisme dans l’en-tête Authorization, avec le mot Bearer.",
        ar: "يلزم مفتاح صالح لواجهة البرمجة"
            => "أرسل مفتاح مؤسستك في الترويسة Authorization مسبوقًا بكلمة Bearer.";
    /// Nothing under this name, or nothing that the caller may know of.
    NotFound = "not_found", 404, "RFC 9110 §15.5.5",
        en: "Nothing is known under this name"
            => "Check the address and the identifier. What belongs to another organisation is answered the same way.",
        fr: "Rien n’est connu sous ce nom"
            => "Vérifiez l’adresse et l’identifiant. Ce qui appartient à un autre organisme reçoit la même réponse.",
        ar: "لا يوجد شيء بهذا الاسم"
            => "تحقق من العنوان ومن المعرّف. وما يخص مؤسسة أخرى يُجاب عنه بالجواب نفسه.";
    /// The endpoint exists but does not take the method.
    MethodNotAllowed = "method_not_allowed", 405, "RFC 9110 §15.5.6",
        en: "The endpoint does not take this method"
            => "Use one of the methods that the Allow header of this answer lists.",
        fr: "Ce point d’accès n’accepte pas cette méthode"
            => "Utilisez l’une des méthodes indiquées dans l’en-tête Allow de cette réponse.",
        ar: "هذا العنوان لا يقبل هذه الطريقة"
            => "استعمل إحدى الطرق المذكورة في الترويسة Allow من هذا الجواب.";
    /// The body is longer than the endpoint allows.
    BodyTooLong = "body_too_long", 413, "RFC 9110 §15.5.14",
        en: "The body is too long"
            => "Send a shorter request.",
        fr: "Le corps de la requête est trop long"
            => "Envoyez une requête plus courte.",
        ar: "محتوى الطلب أطول من المسموح به"
            => "أرسل طلبًا أقصر.";
    /// The body is of another media type, or compressed.
    BodyMediaType = "body_media_type", 415, "RFC 9110 §15.5.16",
        en: "The body is of another media type"
            => "Send the body uncompressed, with the one Content-Type that the documentation names.",
        fr: "Le corps de la requête est d’un autre type"
            => "Envoyez le corps sans compression, avec le seul Content-Type que la documentation indique.",
        ar: "نوع محتوى الطلب غير مقبول"
            => "أرسل المحتوى دون ضغط، مع نوع Content-Type الوحيد المبيّن في الوثائق.";
    /// The connection ended, or took too long, within the body.
    BodyIncomplete = "body_incomplete", 400, "RFC 9110 §8.6",
        en: "The body did not arrive in full"
            => "Send the request again, in full and without pauses.",
        fr: "Le corps de la requête n’est pas arrivé en entier"
            => "Renvoyez la requête, en entier et sans interruption.",
        ar: "لم يصل محتوى الطلب كاملًا"
            => "أعد إرسال الطلب كاملًا ودون توقف.";
    /// The body is not of the form that the endpoint reads.
    Malformed = "malformed", 400, "RFC 9110 §15.5.1",
        en: "The request cannot be read"
            => "Compare the request with the API description; the detail says where reading stopped.",
        fr: "La requête ne peut pas être lue"
            => "Comparez la requête avec la description de l’API ; le détail dit où la lecture s’est arrêtée.",
        ar: "تعذّرت قراءة الطلب"
            => "قارن الطلب بوصف الواجهة؛ ويبيّن التفصيل الموضع الذي توقفت عنده القراءة.";
    /// A parameter of the address has a value that the endpoint does not take.
    InvalidParameter = "invalid_parameter", 400, "RFC 9110 §15.5.1",
        en: "A parameter has a value that is not taken"
            => "Correct the parameter that the path member names.",
        fr: "Un paramètre a une valeur qui n’est pas acceptée"
            => "Corrigez le paramètre que le membre path désigne.",
        ar: "قيمة أحد المعاملات غير مقبولة"
            => "صحّح المعامل المشار إليه في الحقل path.";
    /// The caller asks more often than it may.
    RateLimited = "rate_limited", 429, "RFC 6585 §4",
        en: "Too many requests"
            => "Wait as long as the Retry-After header says, then ask again, less often.",
        fr: "Trop de requêtes"
            => "Attendez le temps indiqué par l’en-tête Retry-After, puis recommencez, moins souvent.",
        ar: "عدد الطلبات أكثر من المسموح به"
            => "انتظر المدة المذكورة في الترويسة Retry-After، ثم أعد المحاولة بوتيرة أقل.";
    /// The caller has as many open event streams as it may.
    TooManyStreams = "too_many_streams", 429, "RFC 6585 §4",
        en: "Too many event streams are open"
            => "Close a stream that is no longer read, then connect again.",
        fr: "Trop de flux d’événements sont ouverts"
            => "Fermez un flux qui n’est plus lu, puis reconnectez-vous.",
        ar: "عدد قنوات الأحداث المفتوحة أكثر من المسموح به"
            => "أغلق قناة لم تعد تُقرأ، ثم أعد الاتصال.";
    /// The object is in another state than the request needs.
    StateConflict = "state_conflict", 409, "RFC 9110 §15.5.10",
        en: "The request does not fit the present state"
            => "Read the object again and decide anew from the state it is in.",
        fr: "La requête ne convient pas à l’état actuel"
            => "Relisez l’objet et décidez à nouveau selon l’état où il se trouve.",
        ar: "الطلب لا يناسب الحالة الراهنة"
            => "اقرأ العنصر من جديد ثم قرّر بحسب الحالة التي هو عليها.";
    /// A decision that is final is asked to be taken back.
    Irreversible = "irreversible", 409, "decision D10",
        en: "What is revoked or withdrawn cannot be taken back"
            => "Issue or register anew if it was revoked or withdrawn by mistake.",
        fr: "Une révocation ou un retrait est définitif"
            => "Si c’était une erreur, faites une nouvelle délivrance ou un nouvel enregistrement.",
        ar: "الإلغاء أو السحب نهائي ولا رجعة فيه"
            => "إن حدث ذلك خطأً فأصدر وثيقة جديدة أو سجّل من جديد.";
    /// The service failed; the reason is in its log.
    Internal = "internal", 500, "RFC 9110 §15.6.1",
        en: "The service failed"
            => "Try again later. If it persists, give the operator the x-request-id of this answer.",
        fr: "Le service a échoué"
            => "Réessayez plus tard. Si cela persiste, donnez à l’exploitant le x-request-id de cette réponse.",
        ar: "تعطلت الخدمة"
            => "أعد المحاولة لاحقًا. وإن استمر العطل فأعطِ المشغّل قيمة x-request-id الواردة في هذا الجواب.";
    /// The store is out of reach.
    StorageUnavailable = "storage_unavailable", 503,
        en: "The store is out of reach"
            => "Try again in a minute. The operator finds the cause in the log.",
        fr: "Le stockage est hors d’atteinte"
            => "Réessayez dans une minute. L’exploitant trouvera la cause dans le journal.",
        ar: "تعذّر الوصول إلى مخزن البيانات"
            => "أعد المحاولة بعد دقيقة. ويجد المشغّل السبب في السجل.";
    /// The disk of the store is full.
    StorageFull = "storage_full", 503,
        en: "The store is full"
            => "Tell the operator to make room on the disk; nothing was changed.",
        fr: "Le stockage est plein"
            => "Demandez à l’exploitant de libérer de la place sur le disque ; rien n’a été modifié.",
        ar: "مخزن البيانات ممتلئ"
            => "اطلب من المشغّل توفير مساحة على القرص؛ ولم يتغير أي شيء.";
    /// The store has more work than it can take.
    StorageBusy = "storage_busy", 503,
        en: "The store is busy"
            => "Try again in a few seconds.",
        fr: "Le stockage est occupé"
            => "Réessayez dans quelques secondes.",
        ar: "مخزن البيانات مشغول"
            => "أعد المحاولة بعد بضع ثوانٍ.";
    /// The store holds what this program never writes.
    StorageInconsistent = "storage_inconsistent", 500,
        en: "The store contradicts itself"
            => "Stop changing things and call the operator: the store has to be checked against its backup.",
        fr: "Le stockage se contredit"
            => "Ne modifiez plus rien et appelez l’exploitant : le stockage doit être comparé à sa sauvegarde.",
        ar: "في مخزن البيانات تناقض"
            => "أوقف كل تغيير واتصل بالمشغّل: يجب مقارنة المخزن بنسخته الاحتياطية.";
    /// Two requests wanted the same name at once.
    StorageConflict = "storage_conflict", 409,
        en: "Another request took the same name"
            => "Read the present state, then try again.",
        fr: "Une autre requête a pris le même nom"
            => "Relisez l’état actuel, puis réessayez.",
        ar: "سبق طلب آخر إلى الاسم نفسه"
            => "اقرأ الحالة الراهنة ثم أعد المحاولة.";
    /// A signing key is out of reach.
    SignerUnavailable = "signer_unavailable", 503,
        en: "A signing key is out of reach"
            => "Tell the operator to check the key files or the hardware module; nothing was signed.",
        fr: "Une clé de signature est hors d’atteinte"
            => "Demandez à l’exploitant de vérifier les fichiers de clés ou le module matériel ; rien n’a été signé.",
        ar: "تعذّر الوصول إلى مفتاح توقيع"
            => "اطلب من المشغّل فحص ملفات المفاتيح أو وحدة الأمان؛ ولم يُوقَّع أي شيء.";

    // The issuer.
    /// The reason of a change is no stable word.
    Reason = "reason", 400, "decision D14",
        en: "The reason is not one word of the permitted form"
            => "Give a reason of 1 to 64 letters, digits, hyphens and underscores, such as holder_request.",
        fr: "Le motif n’est pas un mot de la forme permise"
            => "Donnez un motif de 1 à 64 lettres, chiffres, traits d’union ou traits bas, par exemple holder_request.",
        ar: "السبب ليس كلمة بالصيغة المسموح بها"
            => "اكتب سببًا من 1 إلى 64 حرفًا لاتينيًا أو رقمًا أو شرطة أو شرطة سفلية، مثل holder_request.";
    /// No credential of this configuration is issued by offer.
    UnknownCredentialConfiguration = "unknown_credential_configuration", 400, "OpenID4VCI §12.2.4",
        en: "No such credential is issued by offer"
            => "Choose a credential_configuration_id of the issuer metadata that is issued by offer.",
        fr: "Aucune attestation de ce type n’est délivrée par offre"
            => "Choisissez dans les métadonnées de l’émetteur un credential_configuration_id délivré par offre.",
        ar: "لا تصدر وثيقة من هذا النوع عن طريق عرض"
            => "اختر من بيانات المُصدر معرّف credential_configuration_id يصدر عن طريق عرض.";
    /// The register of the agency has no such subject.
    UnknownSubject = "unknown_subject", 404,
        en: "The register has no such person"
            => "Check the reference of the person in the register of your organisation.",
        fr: "Le registre ne connaît pas cette personne"
            => "Vérifiez la référence de la personne dans le registre de votre organisme.",
        ar: "لا يعرف السجل هذا الشخص"
            => "تحقق من مرجع الشخص في سجل مؤسستك.";
    /// Every index of the status list is taken.
    StatusListFull = "status_list_full", 503, "Token Status List §4",
        en: "The status list is full"
            => "Tell the operator to configure a further status list; nothing can be issued before.",
        fr: "La liste de statuts est pleine"
            => "Demandez à l’exploitant de configurer une autre liste ; rien ne peut être délivré avant cela.",
        ar: "قائمة الحالات ممتلئة"
            => "اطلب من المشغّل إعداد قائمة إضافية؛ ولا يمكن إصدار أي شيء قبل ذلك.";

    // The verifier.
    /// The query is no valid DCQL query.
    InvalidQuery = "invalid_query", 400, "OpenID4VP §6",
        en: "The query is not valid"
            => "Correct the DCQL query at the place that the detail names.",
        fr: "La demande d’attestations n’est pas valide"
            => "Corrigez la demande DCQL à l’endroit que le détail indique.",
        ar: "استعلام الوثائق غير صالح"
            => "صحّح استعلام DCQL في الموضع الذي يبيّنه التفصيل.";
    /// The query asks for a format that the verifier cannot check.
    VpFormatsNotSupported = "vp_formats_not_supported", 400, "OpenID4VP §11.1",
        en: "A format of the query cannot be checked"
            => "Ask for the credential in a format that the verifier supports, such as dc+sd-jwt.",
        fr: "Un format de la demande ne peut pas être vérifié"
            => "Demandez l’attestation dans un format que le vérificateur connaît, par exemple dc+sd-jwt.",
        ar: "يتضمن الاستعلام صيغة لا يمكن التحقق منها"
            => "اطلب الوثيقة بصيغة يدعمها المتحقِّق، مثل dc+sd-jwt.";
    /// The note on the purpose is too long.
    Purpose = "purpose", 400,
        en: "The note on the purpose is too long"
            => "Shorten the note; citizens are shown the registered purpose anyway.",
        fr: "La note sur la finalité est trop longue"
            => "Raccourcissez la note ; les citoyens voient de toute façon la finalité enregistrée.",
        ar: "الملاحظة المتعلقة بالغرض طويلة جدًا"
            => "اختصر الملاحظة؛ فالمواطن يرى في كل الأحوال الغرض المسجَّل.";
    /// The configuration has no saved query of this name.
    UnknownSavedQuery = "unknown_saved_query", 400,
        en: "There is no saved query of this name"
            => "Choose a name that GET /v1/saved-queries lists.",
        fr: "Aucune demande enregistrée ne porte ce nom"
            => "Choisissez un nom que GET /v1/saved-queries indique.",
        ar: "لا يوجد استعلام محفوظ بهذا الاسم"
            => "اختر اسمًا من القائمة التي يعطيها GET /v1/saved-queries.";
    /// The query wants more than the agency is registered for (TV-37).
    PurposeNotRegistered = "purpose_not_registered", 403, "Law 09-08, article 3",
        en: "The query asks for more than is registered"
            => "Remove the claims that the detail names, or have the purpose registered first.",
        fr: "La demande va au-delà de ce qui est enregistré"
            => "Retirez les données que le détail nomme, ou faites d’abord enregistrer la finalité.",
        ar: "الاستعلام يطلب أكثر مما هو مسجَّل"
            => "احذف البيانات التي يذكرها التفصيل، أو سجّل الغرض أولًا.";
    /// The registration certificate cannot be read.
    RegistrationMalformed = "registration_malformed", 403, "ETSI TS 119 475",
        en: "The registration certificate cannot be read"
            => "Configure the file exactly as the registrar handed it out.",
        fr: "Le certificat d’enregistrement ne peut pas être lu"
            => "Configurez le fichier exactement tel que l’autorité d’enregistrement l’a remis.",
        ar: "تعذّرت قراءة شهادة التسجيل"
            => "استعمل الملف كما سلّمته جهة التسجيل دون أي تغيير.";
    /// The registration certificate comes from nobody on the trusted list.
    RegistrationUntrusted = "registration_untrusted", 403, "decision D8",
        en: "The registration certificate comes from no trusted registrar"
            => "Ask the registrar for a certificate under an authority of the trusted list.",
        fr: "Le certificat d’enregistrement ne vient d’aucune autorité de confiance"
            => "Demandez un certificat émis sous une autorité de la liste de confiance.",
        ar: "شهادة التسجيل ليست من جهة موثوقة"
            => "اطلب شهادة صادرة عن سلطة مدرجة في قائمة الثقة.";
    /// The signature of the registration certificate does not hold.
    RegistrationSignature = "registration_signature", 403, "ETSI TS 119 475",
        en: "The signature of the registration certificate does not hold"
            => "The file was changed after it was signed. Configure the original.",
        fr: "La signature du certificat d’enregistrement n’est pas valable"
            => "Le fichier a été modifié après sa signature. Configurez l’original.",
        ar: "توقيع شهادة التسجيل غير صحيح"
            => "تغيّر الملف بعد توقيعه. استعمل الملف الأصلي.";
    /// The registration certificate is another organisation's.
    RegistrationSubject = "registration_subject", 403, "decision D8",
        en: "The registration certificate is for another organisation"
            => "Configure the registration certificate of the organisation that owns the access certificate.",
        fr: "Le certificat d’enregistrement est celui d’un autre organisme"
            => "Configurez le certificat d’enregistrement de l’organisme qui détient le certificat d’accès.",
        ar: "شهادة التسجيل تخص مؤسسة أخرى"
            => "استعمل شهادة تسجيل المؤسسة صاحبة شهادة النفاذ.";
    /// The registration certificate is not valid yet.
    RegistrationNotYetValid = "registration_not_yet_valid", 403, "ETSI TS 119 475",
        en: "The registration certificate is not valid yet"
            => "Wait for its first day, and check the clock of this machine.",
        fr: "Le certificat d’enregistrement n’est pas encore valable"
            => "Attendez son premier jour et vérifiez l’horloge de cette machine.",
        ar: "شهادة التسجيل لم تدخل حيز الصلاحية بعد"
            => "انتظر أول يوم من صلاحيتها وتحقق من ساعة هذا الجهاز.";
    /// The registration certificate has expired.
    RegistrationExpired = "registration_expired", 403, "ETSI TS 119 475",
        en: "The registration certificate has expired"
            => "Ask the registrar for a new one and configure it.",
        fr: "Le certificat d’enregistrement a expiré"
            => "Demandez-en un nouveau à l’autorité d’enregistrement et configurez-le.",
        ar: "انتهت صلاحية شهادة التسجيل"
            => "اطلب شهادة جديدة من جهة التسجيل ثم استعملها.";
    /// The registration certificate runs longer than it may.
    RegistrationPeriod = "registration_period", 403, "ETSI TS 119 475",
        en: "The registration certificate runs longer than it may"
            => "Ask the registrar for a certificate with a shorter life.",
        fr: "Le certificat d’enregistrement dure plus longtemps que permis"
            => "Demandez à l’autorité d’enregistrement un certificat de plus courte durée.",
        ar: "مدة شهادة التسجيل أطول من المسموح به"
            => "اطلب من جهة التسجيل شهادة بمدة أقصر.";
    /// The registration certificate names no purpose.
    RegistrationPurpose = "registration_purpose", 403, "Law 09-08, article 3",
        en: "The registration certificate names no purpose"
            => "Have the purpose registered and ask for a new certificate.",
        fr: "Le certificat d’enregistrement ne nomme aucune finalité"
            => "Faites enregistrer la finalité et demandez un nouveau certificat.",
        ar: "لا تذكر شهادة التسجيل أي غرض"
            => "سجّل الغرض واطلب شهادة جديدة.";

    // The trust registry.
    /// The request for a registration certificate says something that cannot be certified.
    RegistrationRequest = "registration_request", 400, "ETSI TS 119 475",
        en: "The registration request cannot be granted as it is"
            => "Correct what the detail names and send the request again.",
        fr: "La demande d’enregistrement ne peut pas être acceptée telle quelle"
            => "Corrigez ce que le détail nomme et renvoyez la demande.",
        ar: "لا يمكن قبول طلب التسجيل بصيغته الحالية"
            => "صحّح ما يذكره التفصيل وأعد إرسال الطلب.";
    /// The registration certificate could not be signed.
    RegistrationSign = "registration_sign", 503,
        en: "The registration certificate could not be signed"
            => "Tell the operator to check the registration signing key; nothing was issued.",
        fr: "Le certificat d’enregistrement n’a pas pu être signé"
            => "Demandez à l’exploitant de vérifier la clé de signature ; rien n’a été délivré.",
        ar: "تعذّر توقيع شهادة التسجيل"
            => "اطلب من المشغّل فحص مفتاح توقيع التسجيل؛ ولم يصدر أي شيء.";
    /// A trusted list could not be signed.
    ListSign = "list_sign", 503, "decision D8",
        en: "A trusted list could not be signed"
            => "Tell the operator to check the list signing key; the last published edition stays in force.",
        fr: "Une liste de confiance n’a pas pu être signée"
            => "Demandez à l’exploitant de vérifier la clé de signature ; la dernière édition publiée reste en vigueur.",
        ar: "تعذّر توقيع إحدى قوائم الثقة"
            => "اطلب من المشغّل فحص مفتاح توقيع القوائم؛ ويبقى آخر إصدار منشور ساريًا.";
    /// The certificate of a list signer no longer fits the root document, or has expired.
    ListSigner = "list_signer", 503, "decision D8",
        en: "Readers would refuse the signer of a trusted list"
            => "Tell the operator to renew the certificate of the list signer; the last published edition stays in force.",
        fr: "Le signataire d’une liste de confiance serait refusé par les lecteurs"
            => "Demandez à l’exploitant de renouveler le certificat du signataire ; la dernière édition publiée reste en vigueur.",
        ar: "سيُرفض موقّع إحدى قوائم الثقة"
            => "اطلب من المشغّل تجديد شهادة موقّع القائمة؛ ويبقى آخر إصدار منشور ساريًا.";
    /// A trusted list was signed that readers would refuse.
    ListRefused = "list_refused", 503, "decision D8",
        en: "Readers would refuse the new edition of a trusted list"
            => "Tell the operator which check this answer names; the last published edition stays in force.",
        fr: "La nouvelle édition d’une liste de confiance serait refusée par les lecteurs"
            => "Indiquez à l’exploitant le contrôle nommé dans cette réponse ; la dernière édition publiée reste en vigueur.",
        ar: "سيُرفض الإصدار الجديد من إحدى قوائم الثقة"
            => "أخبر المشغّل بالفحص المذكور في هذا الجواب؛ ويبقى آخر إصدار منشور ساريًا.";
    /// The root document has expired.
    RootExpired = "root_expired", 503, "decision D8",
        en: "The root document has expired"
            => "Have the officers sign the next version and configure it; until then nobody is trusted.",
        fr: "Le document racine a expiré"
            => "Faites signer la version suivante par les officiers et configurez-la ; d’ici là, personne n’est reconnu.",
        ar: "انتهت صلاحية الوثيقة الجذرية"
            => "اطلب من المسؤولين المخوَّلين توقيع الإصدار التالي ثم استعمله؛ ولن يُوثق بأحد قبل ذلك.";
    /// Another process has published a later root document.
    RootSuperseded = "root_superseded", 503, "decision D8",
        en: "Another process has published a later root document"
            => "Tell the operator to start this process again with that root document.",
        fr: "Un autre processus a publié un document racine plus récent"
            => "Demandez à l’exploitant de redémarrer ce processus avec ce document racine.",
        ar: "نشرت عملية أخرى وثيقة جذرية أحدث"
            => "اطلب من المشغّل إعادة تشغيل هذه العملية بتلك الوثيقة الجذرية.";
    /// The API key may not do this.
    RightMissing = "right_missing", 403, "RFC 9110 §15.5.4",
        en: "The API key does not have the right to do this"
            => "Use a key with the right that the detail names, or have the operator grant it in the configuration.",
        fr: "La clé d’API n’a pas le droit de faire cela"
            => "Utilisez une clé qui a le droit indiqué dans le détail, ou demandez à l’exploitant de l’accorder dans la configuration.",
        ar: "مفتاح واجهة البرمجة لا يملك صلاحية هذا الإجراء"
            => "استعمل مفتاحًا له الصلاحية المذكورة في التفصيل، أو اطلب من المشغّل منحها في الإعدادات.";
    /// The register itself suspends the organization.
    SuspendedInRegister = "suspended_in_register", 409, "decision D8",
        en: "The register itself suspends this organisation"
            => "Have the entry of the register changed and the service started again; a reinstatement does not undo it.",
        fr: "Le registre lui-même suspend cet organisme"
            => "Faites modifier l’entrée du registre et redémarrer le service ; un rétablissement n’y change rien.",
        ar: "السجل نفسه يوقف هذه المؤسسة"
            => "اطلب تعديل قيدها في السجل ثم إعادة تشغيل الخدمة؛ فقرار الإعادة لا يغيّر ذلك.";
}
