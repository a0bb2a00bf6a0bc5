// What secrets look like on command lines: the one table of it, in three parts. Names whose value is a secret, however
// the value is joined to them; options that are secret for some programs only; and text that gives itself away wherever
// it stands. `mask.ts` puts them to use. A pattern is met with every process's arguments, so none may take more than
// linear time: each is tied to where a word begins.

/** What stands in a secret's place. */
export const MASK = '***';

/**
 * A name whose value is a secret: '--db-password', 'PGPASSWORD', 'api_key', '-Djavax.net.ssl.keyStorePassword'. `pass`,
 * `pw`, `psk` and `pwd` count as words of their own only, because of 'bypass' and of the shell's PWD. '--password-file'
 * and '--tokenizer' end otherwise.
 */
export const SECRET_NAME = ((): string => {
  const words =
    'password|passwd|passphrase|passcode|requirepass|masterauth|storepass|keypass|sshpass|' +
    'secret|token|cookie|credentials?|authorization';
  const keys = '(?:api|access|account|auth|encryption|master|private|secret|signing)[-_.]?key';
  const alone = String.raw`(?:[\w.-]*[-_.])?(?:pass|pw|psk)|[\w.-]*[-_.]pwd`;
  return String.raw`(?:[\w.-]*(?:${words}|${keys})|${alone})\d*`;
})();

/** Options that ask whether there is to be a secret, and take none: psql's --no-password, ansible's --ask-pass. */
export const TAKES_NOTHING = /^--?(?:no|ask|prompt)-/i;

/** A colon that is not that of a URL. */
export const COLON = ':(?!//)';
/** How an Authorization header may go on; what is secret stands behind it. */
export const SCHEME = String.raw`(?:(?:basic|bearer|digest|token|apikey|negotiate)[ \t]+)?`;

/** A value in quotes, or up to where a list's next field begins. */
const FIELD = String.raw`(?:"(?:[^"\\]|\\.)*"|'[^']*'|\{[^}]*\}|(?:(?![&;,][\w.-]+=)[^\s"'])+)`;

export interface ProgramOption {
  /** The program's name without its folder. */
  readonly program: RegExp;
  /** The option itself at a word's beginning; what is behind it in the same word is its value. */
  readonly option: RegExp;
  /** True where the value may also be the next word. */
  readonly apart: boolean;
  /** What of the value may be shown: the user in 'user:password'. A value of which nothing may be shown has none. */
  readonly shows?: RegExp;
}

/** Options that are secret for these programs, and harmless or something else for others. */
export const PROGRAM_OPTIONS: readonly ProgramOption[] = [
  { program: /^(?:mysql|mariadb)[\w-]*$|^(?:mycli|xtrabackup|innobackupex|7z[ar]?)$/, option: /^-p/, apart: false },
  { program: /^(?:mysql|mariadb-)admin$/, option: /^password$/, apart: true },
  { program: /^(?:sshpass|mongo(?:sh|dump|restore|export|import)?)$/, option: /^-p/, apart: true },
  { program: /^(?:redis|valkey)-cli$/, option: /^-a/, apart: true },
  { program: /^ldap(?:add|compare|delete|modify|passwd|search|whoami)$/, option: /^-w/, apart: true },
  { program: /^(?:sqlcmd|bcp|ipmitool|zip|unzip)$/, option: /^-P/, apart: true },
  { program: /^openssl$/, option: /^-k$/, apart: true },
  { program: /^smbclient$/, option: /^(?:-U|--user(?:=|$))/, apart: true, shows: /^[^%]*(?:%|$)/ },
  // Short options of curl may stand together, the one with a value last: -sSu.
  {
    program: /^curl$/,
    option: /^(?:-[a-zA-Z#]*?[uU]|--(?:proxy-)?user(?:=|$))/,
    apart: true,
    shows: /^[^:]*(?::|$)/,
  },
];

/** Text that gives itself away: what is matched is replaced by its first group and the mask. */
export const SECRET_TEXTS: readonly RegExp[] = [
  // scheme://user:password@host; what follows a host's colon as digits and a slash is a port.
  /(?<![a-z\d+.-])([a-z][a-z\d+.-]*:\/\/[^\s/?#"'<>:@]*:)(?!\d{1,5}[/?#])[^\s"'<>]{1,500}(?=@)/gi,
  // dracut's root on iSCSI, on the kernel's command line: iscsi:user:password@server.
  /(?<![\w.-])(iscsi:[^\s:@]*:)[^\s@]+(?=@)/g,
  // Authorization: Bearer …, X-Api-Key: …, openssl's pass:…, {"password":"…"}, and the same with its quotes escaped.
  new RegExp(
    String.raw`(?<![\w.-])(${SECRET_NAME}\\?"?[ \t]*${COLON}[ \t]*${SCHEME})(?:\\"[^"]*"|"(?:[^"\\]|\\.)*"|[^\s"']+)`,
    'gi',
  ),
  // ?token=… and &token=… of a URL, ;password=… of JDBC and ODBC, ,password=… of a mount, password='…' of libpq.
  new RegExp(String.raw`(?<![\w.-])(${SECRET_NAME}=|(?<=;)pwd=)${FIELD}`, 'gi'),
  // SQL: … IDENTIFIED BY '…', … PASSWORD '…'.
  /(?<!\w)((?:identified\s+by|password)\s+)'[^']*'/gi,
  // Keys of AWS, GitHub, GitLab and Slack, and signed web tokens, are known by their beginnings.
  /(?<![A-Za-z\d])(AKIA|ASIA)[A-Z\d]{16}(?![A-Za-z\d])/g,
  /(?<!\w)(gh[oprsu]_|github_pat_|glpat-|xox[abeprs]-)[\w-]{10,}/g,
  /(?<![\w-])(eyJ)[\w-]{8,}\.[\w-]{8,}\.[\w-]+/g,
  // AWS's other half: 40 characters of base64, told from a hash by having capitals, and from a word by having digits.
  /(?<![A-Za-z\d/+.-])()(?=[a-z\d/+]{0,39}[A-Z])(?=[A-Z\d/+]{0,39}[a-z])(?=[A-Za-z/+]{0,39}\d)[A-Za-z\d/+]{40}(?![A-Za-z\d/+=.])/g,
];
