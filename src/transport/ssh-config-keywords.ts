import type { ConfigLine } from './ssh-config-line.js';

/** Keywords that are honoured; `ssh-settings.ts` reads them. */
const HONOURED = new Set([
  'addressfamily',
  'ciphers',
  'connecttimeout',
  'globalknownhostsfile',
  'hashknownhosts',
  'hostkeyalgorithms',
  'hostkeyalias',
  'hostname',
  'identitiesonly',
  'identityagent',
  'identityfile',
  'kbdinteractiveauthentication',
  'kexalgorithms',
  'macs',
  'passwordauthentication',
  'port',
  'preferredauthentications',
  'proxy',
  'pubkeyauthentication',
  'revokedhostkeys',
  'serveralivecountmax',
  'serveraliveinterval',
  'stricthostkeychecking',
  'user',
  'userknownhostsfile',
]);

/** Keywords about what does not happen here: terminals, multiplexing, forwards of a person's session, logs. */
const NO_MATTER = new Set([
  ...['addkeystoagent', 'batchmode', 'canonicaldomains', 'canonicalizefallbacklocal', 'canonicalizemaxdots'],
  ...['canonicalizepermittedcnames', 'casignaturealgorithms', 'channeltimeout', 'checkhostip'],
  ...['clearallforwardings', 'compression', 'compressionlevel', 'connectionattempts', 'controlmaster', 'controlpath'],
  ...['controlpersist', 'dynamicforward', 'enableescapecommandline', 'enablesshkeysign', 'escapechar'],
  ...['exitonforwardfailure', 'fingerprinthash', 'forkafterauthentication', 'forwardx11', 'forwardx11timeout'],
  ...['forwardx11trusted', 'gatewayports', 'gssapiauthentication', 'gssapiclientidentity'],
  ...['gssapidelegatecredentials', 'gssapikexalgorithms', 'gssapikeyexchange', 'gssapirenewalforcesrekey'],
  ...['gssapiserveridentity', 'gssapitrustdns', 'hostbasedacceptedalgorithms', 'hostbasedkeytypes', 'ignoreunknown'],
  ...['ipqos', 'localforward', 'loglevel', 'logverbose', 'numberofpasswordprompts', 'obscurekeystroketiming'],
  ...['permitlocalcommand', 'permitremoteopen', 'rekeylimit', 'remoteforward', 'requesttty', 'sendenv', 'sessiontype'],
  ...['setenv', 'stdinnull', 'streamlocalbindmask', 'streamlocalbindunlink', 'syslogfacility', 'tag', 'tcpkeepalive'],
  ...['tunneldevice', 'updatehostkeys', 'usekeychain', 'useprivilegedport', 'visualhostkey', 'warnweakcrypto'],
  ...['xauthlocation'],
]);

/** Keywords that ask for nothing when they say `no` (or `none`). */
const NOTHING_WHEN_NO = new Set([
  ...['canonicalizehostname', 'certificatefile', 'forwardagent', 'hostbasedauthentication', 'knownhostscommand'],
  ...['localcommand', 'nohostauthenticationforlocalhost', 'pkcs11provider', 'proxyusefdpass', 'remotecommand'],
  ...['securitykeyprovider', 'tunnel', 'verifyhostkeydns'],
]);

/** Whether a line asks for something that is not done, which its reader has to be told. */
export function isNotHonoured({ keyword, rest }: ConfigLine, found: string): boolean {
  if (HONOURED.has(found) || NO_MATTER.has(keyword)) return false;
  return !(NOTHING_WHEN_NO.has(keyword) && /^(?:no|none|false|off)$/i.test(rest.trim()));
}
