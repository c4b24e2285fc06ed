// The words on a poster, in the languages of those who pass it; not of the one who prints it.

export interface PosterWords {
  name: string;
  rtl?: boolean;
  title: string;
  steps: [string, string, string];
  promise: string;
  channels: string;
  until: (date: string) => string;
  places: (n: string) => string;
  typed: string;
}

export const POSTERS = {
  en: {
    name: 'English',
    title: 'Join our team chat',
    steps: ['Point your phone’s camera at the code', 'Type your name and choose a PIN', 'You are in'],
    promise: 'No e-mail, no phone number, nothing to install.',
    channels: 'You will be in',
    until: (date) => `Valid until ${date}`,
    places: (n) => `For the first ${n} people`,
    typed: 'No camera? Open this address:',
  },
  de: {
    name: 'Deutsch',
    title: 'Komm in unseren Team-Chat',
    steps: ['Handykamera auf den Code richten', 'Namen eingeben und eine PIN wählen', 'Du bist dabei'],
    promise: 'Keine E-Mail, keine Telefonnummer, nichts zu installieren.',
    channels: 'Du bist dann in',
    until: (date) => `Gültig bis ${date}`,
    places: (n) => `Für die ersten ${n} Personen`,
    typed: 'Keine Kamera? Diese Adresse öffnen:',
  },
  nl: {
    name: 'Nederlands',
    title: 'Doe mee in onze teamchat',
    steps: ['Richt de camera van je telefoon op de code', 'Typ je naam en kies een pincode', 'Je bent binnen'],
    promise: 'Geen e-mail, geen telefoonnummer, niets te installeren.',
    channels: 'Je komt in',
    until: (date) => `Geldig tot ${date}`,
    places: (n) => `Voor de eerste ${n} mensen`,
    typed: 'Geen camera? Open dit adres:',
  },
  fr: {
    name: 'Français',
    title: 'Rejoignez notre messagerie d’équipe',
    steps: ['Visez le code avec l’appareil photo', 'Saisissez votre nom et choisissez un code PIN', 'C’est fait'],
    promise: 'Sans e-mail, sans numéro de téléphone, rien à installer.',
    channels: 'Vous serez dans',
    until: (date) => `Valable jusqu’au ${date}`,
    places: (n) => `Pour les ${n} premières personnes`,
    typed: 'Pas d’appareil photo ? Ouvrez cette adresse :',
  },
  es: {
    name: 'Español',
    title: 'Únete al chat del equipo',
    steps: ['Apunta la cámara del móvil al código', 'Escribe tu nombre y elige un PIN', 'Ya estás dentro'],
    promise: 'Sin correo, sin número de teléfono, sin instalar nada.',
    channels: 'Estarás en',
    until: (date) => `Válido hasta el ${date}`,
    places: (n) => `Para las primeras ${n} personas`,
    typed: '¿Sin cámara? Abre esta dirección:',
  },
  pt: {
    name: 'Português',
    title: 'Entra no chat da equipa',
    steps: ['Aponta a câmara do telemóvel para o código', 'Escreve o teu nome e escolhe um PIN', 'Já estás dentro'],
    promise: 'Sem e-mail, sem número de telefone, nada para instalar.',
    channels: 'Ficas em',
    until: (date) => `Válido até ${date}`,
    places: (n) => `Para as primeiras ${n} pessoas`,
    typed: 'Sem câmara? Abre este endereço:',
  },
  pl: {
    name: 'Polski',
    title: 'Dołącz do czatu zespołu',
    steps: ['Skieruj aparat telefonu na kod', 'Wpisz imię i nazwisko, wybierz PIN', 'Gotowe'],
    promise: 'Bez e-maila, bez numeru telefonu, bez instalowania.',
    channels: 'Będziesz w',
    until: (date) => `Ważne do ${date}`,
    places: (n) => `Liczba miejsc: ${n}`,
    typed: 'Bez aparatu? Otwórz ten adres:',
  },
  tr: {
    name: 'Türkçe',
    title: 'Ekip sohbetimize katıl',
    steps: ['Telefonunun kamerasını koda tut', 'Adını yaz ve bir PIN seç', 'Hepsi bu kadar'],
    promise: 'E-posta yok, telefon numarası yok, kurulum yok.',
    channels: 'Katılacağın kanallar',
    until: (date) => `Son geçerlilik: ${date}`,
    places: (n) => `İlk ${n} kişi için`,
    typed: 'Kamera yok mu? Bu adresi aç:',
  },
  uk: {
    name: 'Українська',
    title: 'Приєднуйтесь до чату команди',
    steps: ['Наведіть камеру телефона на код', 'Введіть ім’я та оберіть PIN', 'Ви в чаті'],
    promise: 'Без пошти, без номера телефону, без встановлення.',
    channels: 'Ви будете в',
    until: (date) => `Дійсно до ${date}`,
    places: (n) => `Кількість місць: ${n}`,
    typed: 'Немає камери? Відкрийте цю адресу:',
  },
  ar: {
    name: 'العربية',
    rtl: true,
    title: 'انضم إلى محادثة الفريق',
    steps: ['وجّه كاميرا هاتفك نحو الرمز', 'اكتب اسمك واختر رقمًا سريًا', 'أصبحت معنا'],
    promise: 'بلا بريد إلكتروني، بلا رقم هاتف، بلا تثبيت.',
    channels: 'ستكون في',
    until: (date) => `صالح حتى ${date}`,
    places: (n) => `لأول ${n} أشخاص`,
    typed: 'بلا كاميرا؟ افتح هذا العنوان:',
  },
} satisfies Record<string, PosterWords>;

export type PosterLanguage = keyof typeof POSTERS;
