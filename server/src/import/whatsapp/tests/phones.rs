//! The phones the locale test exports from: how each writes dates, and its own words.

/// A moment on the phone's clock.
#[derive(Clone, Copy)]
pub struct Moment {
    pub y: i64,
    pub mo: i64,
    pub d: i64,
    pub h: i64,
    pub mi: i64,
    pub s: i64,
}

pub struct Phone {
    pub name: &'static str,
    pub ios: bool,
    /// The whole start of a line, up to where the sender begins.
    pub head: fn(Moment) -> String,
    pub words: &'static Words,
}

/// A language's own words; `{a}` acts on `{w}`, `{n}` is the group, `{f}` and `{t}` its subjects.
pub struct Words {
    pub encrypted: &'static str,
    pub created: &'static str,
    pub added: &'static str,
    pub removed: &'static str,
    pub left: &'static str,
    pub subject: &'static str,
    pub omitted: &'static str,
    pub image_omitted: &'static str,
    pub attached: &'static str,
    pub tag: &'static str,
    pub deleted: &'static str,
    pub edited: &'static str,
    pub poll: [&'static str; 3],
    pub call: &'static str,
}

fn twelve(m: Moment) -> i64 {
    if m.h % 12 == 0 { 12 } else { m.h % 12 }
}

fn digits(text: &str, zero: char) -> String {
    text.chars()
        .map(|c| {
            c.to_digit(10)
                .and_then(|d| char::from_u32(zero as u32 + d))
                .unwrap_or(c)
        })
        .collect()
}

fn half<'a>(m: Moment, am: &'a str, pm: &'a str) -> &'a str {
    if m.h < 12 { am } else { pm }
}

macro_rules! phone {
    ($name:literal, ios, $words:expr, |$m:ident| $head:expr) => {
        Phone {
            name: $name,
            ios: true,
            words: &$words,
            head: |$m: Moment| $head,
        }
    };
    ($name:literal, android, $words:expr, |$m:ident| $head:expr) => {
        Phone {
            name: $name,
            ios: false,
            words: &$words,
            head: |$m: Moment| $head,
        }
    };
}

pub const PHONES: &[Phone] = &[
    phone!("en-US Android", android, EN, |m| format!(
        "{}/{}/{:02}, {}:{:02}\u{202F}{} - ",
        m.mo,
        m.d,
        m.y % 100,
        twelve(m),
        m.mi,
        half(m, "AM", "PM")
    )),
    phone!("en-GB Android", android, EN, |m| format!(
        "{:02}/{:02}/{}, {:02}:{:02} - ",
        m.d, m.mo, m.y, m.h, m.mi
    )),
    phone!("en-IN Android", android, EN, |m| format!(
        "{:02}/{:02}/{}, {}:{:02} {} - ",
        m.d,
        m.mo,
        m.y,
        twelve(m),
        m.mi,
        half(m, "am", "pm")
    )),
    phone!("en-CA Android", android, EN, |m| format!(
        "{}-{:02}-{:02}, {}:{:02} {} - ",
        m.y,
        m.mo,
        m.d,
        twelve(m),
        m.mi,
        half(m, "a.m.", "p.m.")
    )),
    phone!("en-US iPhone", ios, EN, |m| format!(
        "[{}/{}/{:02}, {}:{:02}:{:02}\u{202F}{}] ",
        m.mo,
        m.d,
        m.y % 100,
        twelve(m),
        m.mi,
        m.s,
        half(m, "AM", "PM")
    )),
    phone!("en iPhone, Buddhist calendar", ios, EN, |m| format!(
        "[{}/{}/{} BE, {:02}:{:02}:{:02}] ",
        m.mo,
        m.d,
        m.y + 543,
        m.h,
        m.mi,
        m.s
    )),
    phone!("en iPhone, Japanese calendar", ios, EN, |m| format!(
        "[{}/{}/R{}, {:02}:{:02}:{:02}] ",
        m.mo,
        m.d,
        m.y - 2018,
        m.h,
        m.mi,
        m.s
    )),
    phone!("de Android", android, DE, |m| format!(
        "{:02}.{:02}.{:02}, {:02}:{:02} - ",
        m.d,
        m.mo,
        m.y % 100,
        m.h,
        m.mi
    )),
    phone!("de Android, old", android, DE, |m| format!(
        "{:02}.{:02}.{:02} um {:02}:{:02} - ",
        m.d,
        m.mo,
        m.y % 100,
        m.h,
        m.mi
    )),
    phone!("de iPhone", ios, DE, |m| format!(
        "[{:02}.{:02}.{:02}, {:02}:{:02}:{:02}] ",
        m.d,
        m.mo,
        m.y % 100,
        m.h,
        m.mi,
        m.s
    )),
    phone!("nl Android", android, NL, |m| format!(
        "{:02}-{:02}-{} {:02}:{:02} - ",
        m.d, m.mo, m.y, m.h, m.mi
    )),
    phone!("nl Android, old", android, NL, |m| format!(
        "{:02}-{:02}-{:02} om {:02}:{:02} - ",
        m.d,
        m.mo,
        m.y % 100,
        m.h,
        m.mi
    )),
    phone!("sv Android", android, SV, |m| format!(
        "{}-{:02}-{:02} {:02}:{:02} - ",
        m.y, m.mo, m.d, m.h, m.mi
    )),
    phone!("sv Android, old", android, SV, |m| format!(
        "{}-{:02}-{:02} kl. {:02}:{:02} - ",
        m.y, m.mo, m.d, m.h, m.mi
    )),
    phone!("fi Android", android, FI, |m| format!(
        "{}.{}.{} klo {}.{:02} - ",
        m.d, m.mo, m.y, m.h, m.mi
    )),
    phone!("es-ES Android", android, ES, |m| format!(
        "{}/{}/{:02}, {}:{:02} - ",
        m.d,
        m.mo,
        m.y % 100,
        m.h,
        m.mi
    )),
    phone!("es-MX Android", android, ES, |m| format!(
        "{:02}/{:02}/{:02}, {}:{:02} {} - ",
        m.d,
        m.mo,
        m.y % 100,
        twelve(m),
        m.mi,
        half(m, "a.\u{A0}m.", "p.\u{A0}m.")
    )),
    phone!("es-PA Android", android, ES, |m| format!(
        "{:02}/{:02}/{}, {}:{:02} {} - ",
        m.mo,
        m.d,
        m.y,
        twelve(m),
        m.mi,
        half(m, "a. m.", "p. m.")
    )),
    phone!("pt-BR Android", android, PT, |m| format!(
        "{:02}/{:02}/{} {:02}:{:02} - ",
        m.d, m.mo, m.y, m.h, m.mi
    )),
    phone!("fr Android", android, FR, |m| format!(
        "{:02}/{:02}/{} à {:02}:{:02} - ",
        m.d, m.mo, m.y, m.h, m.mi
    )),
    phone!("fr-CA Android", android, FR, |m| format!(
        "{}-{:02}-{:02} {:02} h {:02} - ",
        m.y, m.mo, m.d, m.h, m.mi
    )),
    phone!("fr iPhone", ios, FR, |m| format!(
        "[{:02}/{:02}/{} {:02}:{:02}:{:02}] ",
        m.d, m.mo, m.y, m.h, m.mi, m.s
    )),
    phone!("it iPhone", ios, IT, |m| format!(
        "[{:02}/{:02}/{:02}, {:02}:{:02}:{:02}] ",
        m.d,
        m.mo,
        m.y % 100,
        m.h,
        m.mi,
        m.s
    )),
    phone!("ru Android", android, RU, |m| format!(
        "{:02}.{:02}.{}, {:02}:{:02} - ",
        m.d, m.mo, m.y, m.h, m.mi
    )),
    phone!("ru Android, old", android, RU, |m| format!(
        "{:02}.{:02}.{} г. в {:02}:{:02} - ",
        m.d, m.mo, m.y, m.h, m.mi
    )),
    phone!("pl Android", android, PL, |m| format!(
        "{}.{:02}.{}, {:02}:{:02} - ",
        m.d, m.mo, m.y, m.h, m.mi
    )),
    phone!("tr Android", android, TR, |m| format!(
        "{}.{:02}.{} {:02}:{:02} - ",
        m.d, m.mo, m.y, m.h, m.mi
    )),
    phone!("el Android", android, EL, |m| format!(
        "{}/{}/{}, {}:{:02} {} - ",
        m.d,
        m.mo,
        m.y,
        twelve(m),
        m.mi,
        half(m, "π.μ.", "μ.μ.")
    )),
    phone!("ar Android, Arabic digits", android, AR, |m| digits(
        &format!(
            "{}\u{200F}/{}\u{200F}/{}، {}:{:02} {} - ",
            m.d,
            m.mo,
            m.y,
            twelve(m),
            m.mi,
            half(m, "ص", "م")
        ),
        '٠'
    )),
    phone!("ar iPhone", ios, AR, |m| digits(
        &format!(
            "[{}\u{200F}/{}\u{200F}/{}، {}:{:02}:{:02}\u{A0}{}] ",
            m.d,
            m.mo,
            m.y,
            twelve(m),
            m.mi,
            m.s,
            half(m, "ص", "م")
        ),
        '٠'
    )),
    phone!("fa Android, Iranian calendar", android, FA, |m| {
        // The conversation stands in the last month of 1400 and the first of 1401.
        let (y, mo, d) = if (m.mo, m.d) >= (3, 21) {
            (1401, 1, m.d - 20)
        } else if m.mo == 3 {
            (1400, 12, m.d + 9)
        } else {
            (1400, 12, m.d - 19)
        };
        digits(
            &format!("{y}/{mo:02}/{d:02}،\u{200F} {:02}:{:02} - ", m.h, m.mi),
            '۰',
        )
    }),
    phone!("he iPhone", ios, HE, |m| format!(
        "[{}.{}.{}, {}:{:02}:{:02}] ",
        m.d, m.mo, m.y, m.h, m.mi, m.s
    )),
    phone!("ja iPhone", ios, JA, |m| format!(
        "[{}/{:02}/{:02} {}:{:02}:{:02}] ",
        m.y, m.mo, m.d, m.h, m.mi, m.s
    )),
    phone!("ja iPhone, twelve hours", ios, JA, |m| format!(
        "[{}/{:02}/{:02} {}{}:{:02}:{:02}] ",
        m.y,
        m.mo,
        m.d,
        half(m, "午前", "午後"),
        twelve(m),
        m.mi,
        m.s
    )),
    phone!("ja Android, Japanese calendar", android, JA, |m| format!(
        "令和{}年{}月{}日 {}:{:02} - ",
        m.y - 2018,
        m.mo,
        m.d,
        m.h,
        m.mi
    )),
    phone!("ko Android", android, KO, |m| format!(
        "{}. {}. {}. {} {}:{:02} - ",
        m.y,
        m.mo,
        m.d,
        half(m, "오전", "오후"),
        twelve(m),
        m.mi
    )),
    phone!("ko iPhone", ios, KO, |m| format!(
        "[{}. {}. {}. {} {}:{:02}:{:02}] ",
        m.y,
        m.mo,
        m.d,
        half(m, "오전", "오후"),
        twelve(m),
        m.mi,
        m.s
    )),
    phone!("zh-TW Android", android, ZH_TW, |m| format!(
        "{}/{}/{} {}{}:{:02} - ",
        m.y,
        m.mo,
        m.d,
        half(m, "上午", "下午"),
        twelve(m),
        m.mi
    )),
    phone!("zh-CN iPhone", ios, ZH_CN, |m| format!(
        "[{}/{}/{} {:02}:{:02}:{:02}] ",
        m.y, m.mo, m.d, m.h, m.mi, m.s
    )),
    phone!("vi iPhone, time first", ios, VI, |m| format!(
        "[{:02}:{:02}:{:02}, {}/{}/{:02}] ",
        m.h,
        m.mi,
        m.s,
        m.d,
        m.mo,
        m.y % 100
    )),
    phone!("vi Android", android, VI, |m| format!(
        "{}:{:02} {}, {:02}/{:02}/{} - ",
        twelve(m),
        m.mi,
        half(m, "SA", "CH"),
        m.d,
        m.mo,
        m.y
    )),
    phone!("th Android, Buddhist years", android, TH, |m| format!(
        "{}/{}/{} {:02}:{:02} - ",
        m.d,
        m.mo,
        m.y + 543,
        m.h,
        m.mi
    )),
    phone!(
        "th Android, short Buddhist years",
        android,
        TH,
        |m| format!(
            "{}/{}/{:02} {:02}:{:02} - ",
            m.d,
            m.mo,
            (m.y + 543) % 100,
            m.h,
            m.mi
        )
    ),
    phone!("id Android", android, ID, |m| format!(
        "{:02}/{:02}/{:02} {:02}.{:02} - ",
        m.d,
        m.mo,
        m.y % 100,
        m.h,
        m.mi
    )),
    phone!("hi Android, Devanagari digits", android, HI, |m| digits(
        &format!(
            "{:02}/{:02}/{}, {}:{:02} {} - ",
            m.d,
            m.mo,
            m.y,
            twelve(m),
            m.mi,
            half(m, "am", "pm")
        ),
        '०'
    )),
];

const EN: Words = Words {
    encrypted: "Messages and calls are end-to-end encrypted. Only people in this chat can read, listen to, or share them. Learn more.",
    created: "{a} created group “{n}”",
    added: "{a} added {w}",
    removed: "{a} removed {w}",
    left: "{a} left",
    subject: "{a} changed the group name from “{f}” to “{t}”",
    omitted: "<Media omitted>",
    image_omitted: "image omitted",
    attached: "(file attached)",
    tag: "attached",
    deleted: "This message was deleted",
    edited: "<This message was edited>",
    poll: ["POLL", "OPTION", "votes"],
    call: "Voice call, 12 min",
};
const DE: Words = Words {
    encrypted: "Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt. Niemand außerhalb dieses Chats kann sie lesen oder anhören.",
    created: "{a} hat die Gruppe „{n}“ erstellt.",
    added: "{a} hat {w} hinzugefügt.",
    removed: "{a} hat {w} entfernt.",
    left: "{a} hat die Gruppe verlassen.",
    subject: "{a} hat den Betreff von „{f}“ zu „{t}“ geändert.",
    omitted: "<Medien ausgeschlossen>",
    image_omitted: "Bild weggelassen",
    attached: "(Datei angehängt)",
    tag: "Anhang",
    deleted: "Diese Nachricht wurde gelöscht.",
    edited: "<Diese Nachricht wurde bearbeitet.>",
    poll: ["UMFRAGE", "OPTION", "Stimmen"],
    call: "Sprachanruf, 12 Min.",
};
const NL: Words = Words {
    encrypted: "Berichten en oproepen zijn end-to-end versleuteld. Niemand buiten deze chat kan ze lezen of beluisteren.",
    created: "{a} heeft de groep \"{n}\" gemaakt",
    added: "{a} heeft {w} toegevoegd",
    removed: "{a} heeft {w} verwijderd",
    left: "{a} heeft de groep verlaten",
    subject: "{a} heeft het onderwerp gewijzigd van \"{f}\" naar \"{t}\"",
    omitted: "<Media weggelaten>",
    image_omitted: "afbeelding weggelaten",
    attached: "(bestand bijgevoegd)",
    tag: "bijlage",
    deleted: "Dit bericht is verwijderd",
    edited: "<Dit bericht is bewerkt>",
    poll: ["PEILING", "OPTIE", "stemmen"],
    call: "Spraakoproep, 12 min.",
};
const SV: Words = Words {
    encrypted: "Meddelanden och samtal är totalsträckskrypterade. Ingen utanför den här chatten kan läsa eller lyssna på dem.",
    created: "{a} skapade gruppen ”{n}”",
    added: "{a} lade till {w}",
    removed: "{a} tog bort {w}",
    left: "{a} lämnade",
    subject: "{a} ändrade ämnet från ”{f}” till ”{t}”",
    omitted: "<Media har utelämnats>",
    image_omitted: "bild utelämnad",
    attached: "(fil bifogad)",
    tag: "bifogad",
    deleted: "Det här meddelandet raderades",
    edited: "<Det här meddelandet redigerades>",
    poll: ["OMRÖSTNING", "ALTERNATIV", "röster"],
    call: "Röstsamtal, 12 min",
};
const FI: Words = Words {
    encrypted: "Viestit ja puhelut ovat täysin salattuja. Kukaan tämän keskustelun ulkopuolinen ei voi lukea tai kuunnella niitä.",
    created: "{a} loi ryhmän ”{n}”",
    added: "{a} lisäsi käyttäjän {w}",
    removed: "{a} poisti käyttäjän {w}",
    left: "{a} poistui ryhmästä",
    subject: "{a} vaihtoi aiheen ”{f}” aiheeksi ”{t}”",
    omitted: "<Media jätettiin pois>",
    image_omitted: "kuva jätettiin pois",
    attached: "(tiedosto liitetty)",
    tag: "liite",
    deleted: "Tämä viesti poistettiin",
    edited: "<Tätä viestiä muokattiin>",
    poll: ["KYSELY", "VAIHTOEHTO", "ääntä"],
    call: "Äänipuhelu, 12 min",
};
const ES: Words = Words {
    encrypted: "Los mensajes y las llamadas están cifrados de extremo a extremo. Nadie fuera de este chat puede leerlos ni escucharlos.",
    created: "{a} creó el grupo \"{n}\"",
    added: "{a} añadió a {w}",
    removed: "{a} eliminó a {w}",
    left: "{a} salió del grupo",
    subject: "{a} cambió el asunto de \"{f}\" a \"{t}\"",
    omitted: "<Multimedia omitido>",
    image_omitted: "imagen omitida",
    attached: "(archivo adjunto)",
    tag: "adjunto",
    deleted: "Se eliminó este mensaje.",
    edited: "<Se editó este mensaje.>",
    poll: ["ENCUESTA", "OPCIÓN", "votos"],
    call: "Llamada, 12 min",
};
const PT: Words = Words {
    encrypted: "As mensagens e as ligações são protegidas com a criptografia de ponta a ponta. Somente as pessoas que fazem parte da conversa podem ler.",
    created: "{a} criou o grupo \"{n}\"",
    added: "{a} adicionou {w}",
    removed: "{a} removeu {w}",
    left: "{a} saiu do grupo",
    subject: "{a} mudou o nome do grupo de \"{f}\" para \"{t}\"",
    omitted: "<Mídia oculta>",
    image_omitted: "imagem ocultada",
    attached: "(arquivo anexado)",
    tag: "anexado",
    deleted: "Mensagem apagada",
    edited: "<Mensagem editada>",
    poll: ["ENQUETE", "OPÇÃO", "votos"],
    call: "Ligação de voz, 12 min",
};
const FR: Words = Words {
    encrypted: "Les messages et les appels sont chiffrés de bout en bout. Aucun tiers ne peut les lire ou les écouter.",
    created: "{a} a créé le groupe «\u{A0}{n}\u{A0}»",
    added: "{a} a ajouté {w}",
    removed: "{a} a retiré {w}",
    left: "{a} a quitté le groupe",
    subject: "{a} a changé le sujet de «\u{A0}{f}\u{A0}» à «\u{A0}{t}\u{A0}»",
    omitted: "<Médias omis>",
    image_omitted: "image absente",
    attached: "(fichier joint)",
    tag: "pièce jointe\u{A0}",
    deleted: "Ce message a été supprimé",
    edited: "<Ce message a été modifié>",
    poll: ["SONDAGE", "OPTION", "votes"],
    call: "Appel vocal, 12 min",
};
const IT: Words = Words {
    encrypted: "I messaggi e le chiamate sono crittografati end-to-end. Nessuno al di fuori di questa chat può leggerne il contenuto.",
    created: "{a} ha creato il gruppo \"{n}\"",
    added: "{a} ha aggiunto {w}",
    removed: "{a} ha rimosso {w}",
    left: "{a} ha abbandonato",
    subject: "{a} ha cambiato l’oggetto da \"{f}\" a \"{t}\"",
    omitted: "<Media omessi>",
    image_omitted: "immagine omessa",
    attached: "(file allegato)",
    tag: "allegato",
    deleted: "Questo messaggio è stato eliminato.",
    edited: "<Questo messaggio è stato modificato>",
    poll: ["SONDAGGIO", "OPZIONE", "voti"],
    call: "Chiamata vocale, 12 min",
};
const RU: Words = Words {
    encrypted: "Сообщения и звонки защищены сквозным шифрованием. Третьи лица не могут прочитать ваши сообщения.",
    created: "{a} создал(-а) группу «{n}»",
    added: "{a} добавил(-а) {w}",
    removed: "{a} удалил(-а) {w}",
    left: "{a} покинул(-а) группу",
    subject: "{a} изменил(-а) тему с «{f}» на «{t}»",
    omitted: "<Без медиафайлов>",
    image_omitted: "изображение отсутствует",
    attached: "(файл добавлен)",
    tag: "прикреплено",
    deleted: "Данное сообщение удалено.",
    edited: "<Сообщение изменено>",
    poll: ["ОПРОС", "ВАРИАНТ", "голосов"],
    call: "Аудиозвонок, 12 мин",
};
const PL: Words = Words {
    encrypted: "Wiadomości i połączenia są w pełni szyfrowane. Nikt spoza tego czatu nie może ich odczytać.",
    created: "{a} utworzył(a) grupę „{n}”",
    added: "{a} dodał(a) {w}",
    removed: "{a} usunął(-ęła) {w}",
    left: "{a} opuścił(a) grupę",
    subject: "{a} zmienił(a) temat z „{f}” na „{t}”",
    omitted: "<Pominięto multimedia>",
    image_omitted: "obraz pominięto",
    attached: "(załączono plik)",
    tag: "załącznik",
    deleted: "Ta wiadomość została usunięta.",
    edited: "<Wiadomość edytowana>",
    poll: ["ANKIETA", "OPCJA", "głosów"],
    call: "Połączenie głosowe, 12 min",
};
const TR: Words = Words {
    encrypted: "Mesajlar ve aramalar uçtan uca şifrelidir. Bu sohbetin dışındaki hiç kimse bunları okuyamaz.",
    created: "{a}, \"{n}\" grubunu oluşturdu",
    added: "{a}, {w} kişisini ekledi",
    removed: "{a}, {w} kişisini çıkardı",
    left: "{a} gruptan ayrıldı",
    subject: "{a}, konuyu \"{f}\" yerine \"{t}\" olarak değiştirdi",
    omitted: "<Medya dahil edilmedi>",
    image_omitted: "görüntü dahil edilmedi",
    attached: "(dosya ekli)",
    tag: "eklendi",
    deleted: "Bu mesaj silindi",
    edited: "<Bu mesaj düzenlendi>",
    poll: ["ANKET", "SEÇENEK", "oy"],
    call: "Sesli arama, 12 dk.",
};
const EL: Words = Words {
    encrypted: "Τα μηνύματα και οι κλήσεις είναι κρυπτογραφημένα από άκρο σε άκρο.",
    created: "{a} δημιούργησε την ομάδα «{n}»",
    added: "{a} πρόσθεσε {w}",
    removed: "{a} αφαίρεσε {w}",
    left: "{a} αποχώρησε",
    subject: "{a} άλλαξε το θέμα από «{f}» σε «{t}»",
    omitted: "<Εξαίρεση πολυμέσων>",
    image_omitted: "η εικόνα παραλείφθηκε",
    attached: "(συνημμένο αρχείο)",
    tag: "συνημμένο",
    deleted: "Αυτό το μήνυμα διαγράφηκε",
    edited: "<Αυτό το μήνυμα υποβλήθηκε σε επεξεργασία>",
    poll: ["ΨΗΦΟΦΟΡΙΑ", "ΕΠΙΛΟΓΗ", "ψήφοι"],
    call: "Φωνητική κλήση, 12 λεπτά",
};
const AR: Words = Words {
    encrypted: "الرسائل والمكالمات مشفّرة بالكامل: لا أحد خارج هذه الدردشة يستطيع قراءتها.",
    created: "أنشأ {a} المجموعة \"{n}\"",
    added: "قام {a} بإضافة {w}",
    removed: "قام {a} بإزالة {w}",
    left: "غادر {a}",
    subject: "غيّر {a} الموضوع من \"{f}\" إلى \"{t}\"",
    omitted: "<تم استبعاد الوسائط>",
    image_omitted: "تم استبعاد الصورة",
    attached: "(الملف مرفق)",
    tag: "مرفق",
    deleted: "تم حذف هذه الرسالة",
    edited: "<تم تعديل هذه الرسالة>",
    poll: ["استطلاع", "خيار", "أصوات"],
    call: "مكالمة صوتية، ١٢ دقيقة",
};
const FA: Words = Words {
    encrypted: "پیام‌ها و تماس‌ها رمزگذاری سرتاسری دارند.",
    created: "{a} گروه «{n}» را ایجاد کرد",
    added: "{a}، {w} را اضافه کرد",
    removed: "{a}، {w} را حذف کرد",
    left: "{a} گروه را ترک کرد",
    subject: "{a} موضوع را از «{f}» به «{t}» تغییر داد",
    omitted: "<رسانه حذف شد>",
    image_omitted: "",
    attached: "(فایل پیوست شد)",
    tag: "پیوست",
    deleted: "این پیام حذف شد",
    edited: "<این پیام ویرایش شد>",
    poll: ["نظرسنجی", "گزینه", "رأی"],
    call: "تماس صوتی، ۱۲ دقیقه",
};
const HE: Words = Words {
    encrypted: "הודעות ושיחות מוצפנות מקצה לקצה: אף אחד מחוץ לצ'אט הזה לא יכול לקרוא אותן.",
    created: "{a} יצר/ה את הקבוצה \"{n}\"",
    added: "{a} הוסיף/ה את {w}",
    removed: "{a} הסיר/ה את {w}",
    left: "{a} יצא/ה",
    subject: "{a} שינה/תה את הנושא מ-\"{f}\" ל-\"{t}\"",
    omitted: "<המדיה לא נכללה>",
    image_omitted: "התמונה הושמטה",
    attached: "(קובץ מצורף)",
    tag: "מצורף",
    deleted: "הודעה זו נמחקה",
    edited: "<ההודעה נערכה>",
    poll: ["POLL", "OPTION", "votes"],
    call: "שיחה קולית, 12 דקות",
};
const JA: Words = Words {
    encrypted: "メッセージと通話はエンドツーエンド暗号化されています。",
    created: "{a}がグループ「{n}」を作成しました",
    added: "{a}が{w}を追加しました",
    removed: "{a}が{w}を削除しました",
    left: "{a}が退出しました",
    subject: "{a}が件名を「{f}」から「{t}」に変更しました",
    omitted: "<メディアは含まれていません>",
    image_omitted: "画像は省略されました",
    attached: "(添付ファイル)",
    tag: "添付",
    deleted: "このメッセージは削除されました。",
    edited: "<このメッセージは編集されました>",
    poll: ["アンケート", "選択肢", "票"],
    call: "音声通話、12 分",
};
const KO: Words = Words {
    encrypted: "메시지와 통화는 종단간 암호화됩니다. 대화에 참여한 사람만 읽을 수 있습니다.",
    created: "{a}님이 \"{n}\" 그룹을 만들었습니다",
    added: "{a}님이 {w}님을 추가했습니다.",
    removed: "{a}님이 {w}님을 내보냈습니다.",
    left: "{a}님이 나갔습니다.",
    subject: "{a}님이 그룹 이름을 \"{f}\"에서 \"{t}\"(으)로 변경했습니다",
    omitted: "<미디어 파일을 생략한 대화내용>",
    image_omitted: "이미지 생략됨",
    attached: "(파일 첨부됨)",
    tag: "첨부",
    deleted: "삭제된 메시지입니다.",
    edited: "<수정된 메시지입니다>",
    poll: ["투표", "옵션", "표"],
    call: "음성통화, 12분",
};
const ZH_TW: Words = Words {
    encrypted: "訊息和通話都受到端對端加密。此聊天以外的任何人都無法讀取。",
    created: "{a}建立了群組「{n}」",
    added: "{a}新增了{w}",
    removed: "{a}移除了{w}",
    left: "{a}已離開",
    subject: "{a}將群組名稱從「{f}」變更為「{t}」",
    omitted: "<省略多媒體檔案>",
    image_omitted: "圖片已省略",
    attached: "(附件檔案)",
    tag: "附件",
    deleted: "此訊息已刪除",
    edited: "<已編輯此訊息>",
    poll: ["投票", "選項", "票"],
    call: "語音通話，12 分鐘",
};
const ZH_CN: Words = Words {
    encrypted: "消息和通话都进行端到端加密。对话之外的任何人都无法读取。",
    created: "{a}创建了群组“{n}”",
    added: "{a}添加了{w}",
    removed: "{a}移除了{w}",
    left: "{a}退出了群组",
    subject: "{a}将群组名称从“{f}”更改为“{t}”",
    omitted: "<省略多媒体文件>",
    image_omitted: "图片已省略",
    attached: "(文件附件)",
    tag: "附件",
    deleted: "此消息已删除",
    edited: "<此消息已编辑>",
    poll: ["投票", "选项", "票"],
    call: "语音通话，12 分钟",
};
const VI: Words = Words {
    encrypted: "Tin nhắn và cuộc gọi được mã hóa đầu cuối. Không ai bên ngoài đoạn chat này có thể đọc.",
    created: "{a} đã tạo nhóm \"{n}\"",
    added: "{a} đã thêm {w}",
    removed: "{a} đã xóa {w}",
    left: "{a} đã rời khỏi nhóm",
    subject: "{a} đã đổi chủ đề từ \"{f}\" thành \"{t}\"",
    omitted: "<Bỏ qua Media>",
    image_omitted: "hình ảnh đã bị bỏ qua",
    attached: "(tệp đính kèm)",
    tag: "đính kèm",
    deleted: "Tin nhắn này đã bị xóa",
    edited: "<Tin nhắn này đã được chỉnh sửa>",
    poll: ["KHẢO SÁT", "LỰA CHỌN", "phiếu"],
    call: "Cuộc gọi thoại, 12 phút",
};
const TH: Words = Words {
    encrypted: "ข้อความและการโทรได้รับการเข้ารหัสจากต้นทางถึงปลายทาง",
    created: "{a} สร้างกลุ่ม \"{n}\"",
    added: "{a} เพิ่ม {w}",
    removed: "{a} ลบ {w}",
    left: "{a} ออกจากกลุ่ม",
    subject: "{a} เปลี่ยนชื่อกลุ่มจาก \"{f}\" เป็น \"{t}\"",
    omitted: "<สื่อถูกลบ>",
    image_omitted: "ละเว้นรูปภาพ",
    attached: "(ไฟล์แนบ)",
    tag: "แนบ",
    deleted: "ข้อความนี้ถูกลบ",
    edited: "<ข้อความนี้ถูกแก้ไข>",
    poll: ["โพล", "ตัวเลือก", "โหวต"],
    call: "การโทรด้วยเสียง, 12 นาที",
};
const ID: Words = Words {
    encrypted: "Pesan dan panggilan terenkripsi secara end-to-end. Tidak seorang pun di luar chat ini yang dapat membacanya.",
    created: "{a} membuat grup \"{n}\"",
    added: "{a} menambahkan {w}",
    removed: "{a} mengeluarkan {w}",
    left: "{a} keluar",
    subject: "{a} mengubah subjek dari \"{f}\" menjadi \"{t}\"",
    omitted: "<Media tidak disertakan>",
    image_omitted: "gambar tidak disertakan",
    attached: "(file terlampir)",
    tag: "terlampir",
    deleted: "Pesan ini telah dihapus",
    edited: "<Pesan ini diedit>",
    poll: ["POLLING", "OPSI", "suara"],
    call: "Panggilan suara, 12 mnt",
};
const HI: Words = Words {
    encrypted: "मैसेज और कॉल एंड-टू-एंड एन्क्रिप्टेड हैं।",
    created: "{a} ने ग्रुप \"{n}\" बनाया",
    added: "{a} ने {w} को जोड़ा",
    removed: "{a} ने {w} को हटाया",
    left: "{a} ने ग्रुप छोड़ा",
    subject: "{a} ने ग्रुप का नाम \"{f}\" से बदलकर \"{t}\" किया",
    omitted: "<मीडिया के बिना>",
    image_omitted: "",
    attached: "(फ़ाइल संलग्न)",
    tag: "संलग्न",
    deleted: "यह मैसेज हटा दिया गया",
    edited: "<यह मैसेज एडिट किया गया>",
    poll: ["पोल", "विकल्प", "वोट"],
    call: "वॉइस कॉल, 12 मिनट",
};
