const QUOTED = /(["'])([^"'\n]*?etcd[-_]password=)(?:(?!\1)[^\n])*\1/gi;
const BARE = /(etcd[-_]password(?:=|(?:[ \t]|\\\n)+))("[^"\n]*"|'[^'\n]*'|[^\s"'\\]+)/gi;

/** A unit's or an options file's text for people to see: etcd's password, as flag or as variable, is `[secret]`. */
export function hidePasswords(text: string): string {
  return text.replace(QUOTED, '$1$2[secret]$1').replace(BARE, '$1[secret]');
}
