//! Russian, Ukrainian, Polish, Czech, Slovak, Croatian, Serbian, Slovene, Bulgarian, and the
//! Baltic languages, Hungarian and Estonian beside them.

use super::{
    EMPTY, Language,
    What::{Added, Admin, Created, Encrypted, Icon, Joined, Left, Number, Removed, Subject},
};

pub(super) const ROWS: &[Language] = &[
    Language {
        code: "ru",
        you: &["Вы", "вы", "вас", "Вас"],
        omitted: &[
            "<Без медиафайлов>",
            "<Файл пропущен>",
            "<Медиафайл пропущен>",
            "<Медиа пропущены>",
            "изображение отсутствует",
            "видео отсутствует",
            "аудио отсутствует",
            "стикер отсутствует",
            "GIF отсутствует",
            "документ отсутствует",
            "карточка контакта отсутствует",
            "изображение пропущено",
            "видео пропущено",
            "аудиофайл пропущен",
            "документ пропущен",
        ],
        attached: &["файл добавлен", "файл прикреплён"],
        tag: &["прикреплено", "вложение", "прикреплённый файл"],
        deleted: &[
            "Данное сообщение удалено",
            "Это сообщение удалено",
            "Это сообщение было удалено",
            "Сообщение удалено",
        ],
        deleted_by_self: &["Вы удалили данное сообщение", "Вы удалили это сообщение"],
        edited: &[
            "<Сообщение изменено>",
            "<Данное сообщение изменено>",
            "<Это сообщение изменено>",
        ],
        poll: &[("ОПРОС", "ВАРИАНТ"), ("ОПРОС", "ВАРИАНТ ОТВЕТА")],
        call: &[
            "Аудиозвонок",
            "Видеозвонок",
            "Пропущенный аудиозвонок",
            "Пропущенный видеозвонок",
        ],
        sentences: &[
            (
                Created,
                r#"{a} [создал|создала|создал(а)|создал(-а)|создали] группу "{n}""#,
            ),
            (
                Subject,
                r#"{a} [изменил|изменила|изменил(а)|изменил(-а)|изменили] [тему|название группы|тему группы|название] с "{f}" на "{t}""#,
            ),
            (
                Subject,
                r#"{a} [изменил|изменила|изменил(а)|изменил(-а)|изменили] [тему|название группы|тему группы] на "{t}""#,
            ),
            (
                Added,
                "{w} [был добавлен|была добавлена|добавлен|добавлена|добавлен(а)|добавлен(-а)|были добавлены]",
            ),
            (
                Added,
                "{a} [добавил|добавила|добавил(а)|добавил(-а)|добавили] {w}",
            ),
            (
                Removed,
                "{w} [был удален|был удалён|удален|удалён|удалена|удалён(-а)]",
            ),
            (
                Removed,
                "{a} [удалил|удалила|удалил(а)|удалил(-а)|удалили] {w}",
            ),
            (
                Left,
                "{a} [покинул|покинула|покинул(а)|покинул(-а)|покинули] группу",
            ),
            (
                Left,
                "{a} [вышел|вышла|вышел(-шла)|вышел(вышла)] [из группы|]",
            ),
            (Left, "{a} [вышел|вышла|вышел(-шла)]"),
        ],
        signs: &[
            (Encrypted, "сквозным шифрованием"),
            (Encrypted, "сквозное шифрование"),
            (Icon, "картинку группы"),
            (Icon, "иконку группы"),
            (Icon, "изображение группы"),
            (Joined, "пригласительной ссылк"),
            (Joined, "ссылке-приглашени"),
            (Number, "номер телефона"),
            (Number, "новый номер"),
            (Admin, "администратор"),
        ],
    },
    Language {
        code: "uk",
        you: &["Ви", "вас"],
        omitted: &[
            "<Медіа пропущено>",
            "<медіа пропущено>",
            "зображення пропущено",
            "відео пропущено",
        ],
        attached: &["файл додано"],
        tag: &["вкладено", "додано"],
        deleted: &["Це повідомлення видалено", "Це повідомлення було видалено"],
        deleted_by_self: &["Ви видалили це повідомлення"],
        edited: &[
            "<Повідомлення відредаговано>",
            "<Це повідомлення було відредаговано>",
        ],
        sentences: &[
            (
                Created,
                r#"{a} [створив|створила|створив(-ла)|створили] групу "{n}""#,
            ),
            (Added, "{a} [додав|додала|додав(-ла)|додали] {w}"),
            (Removed, "{a} [видалив|видалила|видалив(-ла)|видалили] {w}"),
            (
                Left,
                "{a} [залишив|залишила|покинув|покинула|вийшов|вийшла] [групу|]",
            ),
        ],
        signs: &[
            (Encrypted, "наскрізн"),
            (Icon, "зображення групи"),
            (Joined, "посиланням"),
            (Number, "номер телефону"),
            (Admin, "адміністратор"),
        ],
        ..EMPTY
    },
    Language {
        code: "pl",
        you: &["Ty", "Cię", "cię", "ciebie"],
        omitted: &[
            "<Pominięto multimedia>",
            "<pliki pominięto>",
            "<Multimedia pominięte>",
            "<pominięto>",
            "obraz pominięto",
            "wideo pominięto",
            "pominięto obraz",
            "pominięto wideo",
            "audio pominięto",
            "dokument pominięto",
            "naklejka pominięta",
        ],
        attached: &["załączono plik", "plik załączony", "plik dołączony"],
        tag: &["załącznik", "załączono"],
        deleted: &[
            "Ta wiadomość została usunięta",
            "Usunięto tę wiadomość",
            "Wiadomość została usunięta",
        ],
        deleted_by_self: &[
            "Usunąłeś tę wiadomość",
            "Usunąłeś(-ęłaś) tę wiadomość",
            "Wiadomość usunięta przez Ciebie",
        ],
        edited: &[
            "<Wiadomość edytowana>",
            "<Ta wiadomość została edytowana>",
            "<Edytowano tę wiadomość>",
        ],
        poll: &[("ANKIETA", "OPCJA")],
        call: &[
            "Połączenie głosowe",
            "Połączenie wideo",
            "Nieodebrane połączenie głosowe",
            "Nieodebrane połączenie wideo",
        ],
        sentences: &[
            (
                Created,
                r#"[Użytkownik |]{a} [utworzył|utworzyła|utworzył(a)] grupę "{n}""#,
            ),
            (
                Subject,
                r#"[Użytkownik |]{a} [zmienił|zmieniła|zmienił(a)] [temat|nazwę grupy] z "{f}" na "{t}""#,
            ),
            (
                Added,
                "[Użytkownik |]{a} [dodał|dodała|dodał(a)] [użytkownika |]{w}",
            ),
            (
                Removed,
                "[Użytkownik |]{a} [usunął|usunęła|usunął(-ęła)] [użytkownika |]{w}",
            ),
            (
                Left,
                "[Użytkownik |]{a} [opuścił|opuściła|opuścił(a)] grupę",
            ),
        ],
        signs: &[
            (Encrypted, "szyfrowan"),
            (Encrypted, "zaszyfrowan"),
            (Icon, "ikonę grupy"),
            (Icon, "ikonę tej grupy"),
            (Joined, "linku zapraszaj"),
            (Joined, "link zaprosz"),
            (Number, "numer telefonu"),
            (Admin, "administrator"),
        ],
    },
    Language {
        code: "cs",
        omitted: &[
            "<Média vynechána>",
            "< Média vynechána >",
            "<média vynechány>",
        ],
        attached: &["soubor přiložen", "přiložený soubor"],
        deleted: &["Tato zpráva byla odstraněna", "Tato zpráva byla smazána"],
        deleted_by_self: &["Odstranili jste tuto zprávu", "Smazali jste tuto zprávu"],
        edited: &["<Tato zpráva byla upravena>"],
        sentences: &[
            (
                Created,
                r#"{a} [vytvořil|vytvořila|vytvořil(a)] skupinu "{n}""#,
            ),
            (Added, "{a} [přidal|přidala|přidal(a)] uživatele {w}"),
            (Added, "{a} [přidal|přidala|přidal(a)] {w}"),
            (Left, "{a} [opustil|opustila|opustil(a)] skupinu"),
        ],
        signs: &[
            (Encrypted, "koncové šifrování"),
            (Encrypted, "koncově šifrován"),
            (Icon, "ikonu skupiny"),
        ],
        ..EMPTY
    },
    Language {
        code: "sk",
        omitted: &["<Médiá vynechané>"],
        deleted: &["Táto správa bola odstránená"],
        ..EMPTY
    },
    Language {
        code: "hr",
        omitted: &["<Medijski zapis izostavljen>"],
        deleted: &["Ova poruka je izbrisana"],
        attached: &["datoteka u privitku"],
        ..EMPTY
    },
    Language {
        code: "sr",
        omitted: &["<Медији су изостављени>"],
        deleted: &["Ова порука је избрисана"],
        ..EMPTY
    },
    Language {
        code: "sl",
        omitted: &["<Medij izpuščen>", "<datoteke izpuščene>"],
        ..EMPTY
    },
    Language {
        code: "mk",
        omitted: &["<Без фајл>", "<без фајлови>"],
        ..EMPTY
    },
    Language {
        code: "bg",
        omitted: &["<Без файл>"],
        deleted: &["Това съобщение беше изтрито"],
        ..EMPTY
    },
    Language {
        code: "lt",
        omitted: &["<Praleistas medijos turinys>", "<medija praleista>"],
        deleted: &["Ši žinutė ištrinta"],
        ..EMPTY
    },
    Language {
        code: "lv",
        omitted: &["<Bez multivides>", "<nav iekļauta multivide>"],
        ..EMPTY
    },
    Language {
        code: "et",
        omitted: &["<Meedia ära jäetud>", "<meedia välja jäetud>"],
        ..EMPTY
    },
    Language {
        code: "hu",
        omitted: &["<Hiányzó médiafájl>", "<média elhagyva>"],
        attached: &["fájl csatolva"],
        deleted: &["Ezt az üzenetet törölték"],
        deleted_by_self: &["Törölted ezt az üzenetet"],
        sentences: &[
            (Created, r#"{a} létrehozta [a|az] "{n}" csoportot"#),
            (Left, "{a} [kilépett|elhagyta a csoportot]"),
        ],
        signs: &[(Encrypted, "végpontok között"), (Encrypted, "végpontig")],
        ..EMPTY
    },
];
