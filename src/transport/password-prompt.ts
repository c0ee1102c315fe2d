/**
 * Whether text ends in a question for a password, as `su` and the modules behind it ask.
 *
 * `LC_ALL=C` makes `su` ask in English; a module that does not care for the locale may ask in the host's language.
 *
 * @param text as UTF-8
 * @see ansible-core 2.14 `plugins/become/su.py`, `SU_PROMPT_LOCALIZATIONS`, for the words
 */
export function endsInPasswordPrompt(text: string): boolean {
  const last = text.slice(text.lastIndexOf('\n') + 1);
  return last.length < 500 && PROMPT.test(last);
}

const WORDS = [
  'Password',
  'Passphrase',
  'Adgangskode',
  'Contraseña',
  'Contrasenya',
  'Hasło',
  'Heslo',
  'Jelszó',
  'Lösenord',
  'Mật khẩu',
  'Mot de passe',
  'Parola',
  'Parool',
  'Pasahitza',
  'Passord',
  'Passwort',
  'Salasana',
  'Sandi',
  'Senha',
  'Wachtwoord',
  'סיסמה',
  'Лозинка',
  'Парола',
  'Пароль',
  'गुप्तशब्द',
  'शब्दकूट',
  'సంకేతపదము',
  'හස්පදය',
  '암호',
  'パスワード',
  '密码',
  '密碼',
  '口令',
];

/** A colon closes it, in ASCII or full width. */
const PROMPT = new RegExp(`(?:${WORDS.join('|')}).*[:：]\\s*$`, 'iu');
