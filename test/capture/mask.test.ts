// Secrets on command lines, row by row: what is hidden, and what only looks like it and stays.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { maskArguments, maskCommandLine, maskText } from '../../src/capture/mask.js';

/** Arguments are written with a bar between them. */
const MASKED: readonly (readonly [given: string, masked: string])[] = [
  // Options with the value in the same argument.
  ['app|--password=hunter2', 'app|--password=***'],
  ['app|--password=a&b=c;d,e f"g', 'app|--password=***'],
  ['app|--db-password=x|--port=5', 'app|--db-password=***|--port=5'],
  ['app|--token=abc|--secret=def', 'app|--token=***|--secret=***'],
  ['app|--api-key=k|--apikey=k|--access-key=k', 'app|--api-key=***|--apikey=***|--access-key=***'],
  ['java|-Djavax.net.ssl.keyStorePassword=changeit|Main', 'java|-Djavax.net.ssl.keyStorePassword=***|Main'],
  ['docker|run|--env=DB_PASSWORD=x|-eTOKEN=y|redis', 'docker|run|--env=DB_PASSWORD=***|-eTOKEN=***|redis'],
  // Options with the value behind them.
  ['app|--password|hunter2|--verbose', 'app|--password|***|--verbose'],
  ['app|--password|my long secret', 'app|--password|***'],
  [
    'app|--token|t|--secret|s|--api-key|k|--access-key|a',
    'app|--token|***|--secret|***|--api-key|***|--access-key|***',
  ],
  ['keytool|-storepass|changeit|-alias|a', 'keytool|-storepass|***|-alias|a'],
  ['erl|-setcookie|XYZ|-sname|rabbit', 'erl|-setcookie|***|-sname|rabbit'],
  // Assignments.
  ['env|PASSWORD=x|PGPASSWORD=y|TOKEN=z|cmd', 'env|PASSWORD=***|PGPASSWORD=***|TOKEN=***|cmd'],
  ['env|SECRET=a b|API_KEY=c|MYSQL_PWD=d|cmd', 'env|SECRET=***|API_KEY=***|MYSQL_PWD=***|cmd'],
  ['env|AWS_SECRET_ACCESS_KEY=x|GITHUB_TOKEN=y', 'env|AWS_SECRET_ACCESS_KEY=***|GITHUB_TOKEN=***'],
  // Options of some programs only.
  ['mysql|-uroot|-phunter2|db', 'mysql|-uroot|-p***|db'],
  ['mysql|-pmypassword|db', 'mysql|-p***|db'],
  ['/usr/bin/mysqldump|-u|root|-p5432|db', '/usr/bin/mysqldump|-u|root|-p***|db'],
  ['sudo|mariadb-dump|-pS|db', 'sudo|mariadb-dump|-p***|db'],
  ['mysqladmin|-pold|password|new', 'mysqladmin|-p***|password|***'],
  ['sshpass|-p|s3cret|ssh|-p|22|host', 'sshpass|-p|***|ssh|-p|***|host'],
  ['redis-cli|-a|s3cret|ping', 'redis-cli|-a|***|ping'],
  ['ldapsearch|-D|cn=admin|-w|s3cret', 'ldapsearch|-D|cn=admin|-w|***'],
  ['sqlcmd|-U|sa|-P|s3cret', 'sqlcmd|-U|sa|-P|***'],
  ['7z|a|-ps3cret|a.7z', '7z|a|-p***|a.7z'],
  ['smbclient|//h/s|-U|joe%s3cret', 'smbclient|//h/s|-U|joe%***'],
  ['curl|-u|joe:s3cret|http://h/', 'curl|-u|joe:***|http://h/'],
  ['curl|-sSujoe:a:b|http://h/', 'curl|-sSujoe:***|http://h/'],
  ['curl|--user=joe:x|--proxy-user|p:y|h', 'curl|--user=joe:***|--proxy-user|p:***|h'],
  ['openssl|rsa|-passin|pass:s3cret|-in|k.pem', 'openssl|rsa|-passin|pass:***|-in|k.pem'],
  ['openssl|enc|-k|s3cret|-in|a', 'openssl|enc|-k|***|-in|a'],
  // Headers and fields.
  ['curl|-H|Authorization: Bearer abc.def|h', 'curl|-H|Authorization: Bearer ***|h'],
  ['curl|-H|authorization: Digest a="b", c="d"|h', 'curl|-H|authorization: Digest ***|h'],
  ['curl|--header=X-Api-Key: abc|h', 'curl|--header=X-Api-Key: ***|h'],
  ['curl|-d|{"user":"joe","password": "a \\"b\\" c","n":1}|h', 'curl|-d|{"user":"joe","password": ***,"n":1}|h'],
  ['curl|-d|user=joe&password=x&n=1|h', 'curl|-d|user=joe&password=***&n=1|h'],
  // URLs and connection strings.
  ['psql|postgres://joe:s3cret@db:5432/x', 'psql|postgres://joe:***@db:5432/x'],
  ['app|amqp://joe:p@ss/w:rd@h/v', 'app|amqp://joe:***@h/v'],
  ['app|--db=redis://:s3cret@h:6379/0', 'app|--db=redis://:***@h:6379/0'],
  ['curl|https://h/a?x=1&access_token=abc&y=2', 'curl|https://h/a?x=1&access_token=***&y=2'],
  ['app|jdbc:mysql://h/db?user=a&password=b&ssl=1', 'app|jdbc:mysql://h/db?user=a&password=***&ssl=1'],
  ['app|jdbc:sqlserver://h;user=a;password={b;c};x=1', 'app|jdbc:sqlserver://h;user=a;password=***;x=1'],
  ['app|Server=h;Uid=a;Pwd=b;Port=1', 'app|Server=h;Uid=a;Pwd=***;Port=1'],
  ["psql|host=h password='a b' dbname=d", 'psql|host=h password=*** dbname=d'],
  ['mount.cifs|//h/s|/m|-o|user=a,password=b,uid=1', 'mount.cifs|//h/s|/m|-o|user=a,password=***,uid=1'],
  ['app|AccountName=a;AccountKey=abc==;Suffix=b', 'app|AccountName=a;AccountKey=***;Suffix=b'],
  // Keys known by their form.
  ['app|AKIAIOSFODNN7EXAMPLE|wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'app|AKIA***|***'],
  [
    'git|clone|https://ghp_0123456789abcdefABCDEF0123456789abcd@github.com/a/b',
    'git|clone|https://ghp_***@github.com/a/b',
  ],
  ['app|eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_123', 'app|eyJ***'],
  // Scripts, and titles that processes give themselves.
  ['sh|-c|mysql -u root -phunter2 db | gzip -p', 'sh|-c|mysql -u root -p*** db | gzip -p'],
  ['bash|-lc|PGPASSWORD="a b" psql -h db', 'bash|-lc|PGPASSWORD=*** psql -h db'],
  [
    `sh|-c|curl -sH "Authorization: Bearer abc" -u 'joe:a b' h`,
    `sh|-c|curl -sH "Authorization: Bearer ***" -u 'joe:***' h`,
  ],
  [`sh|-c|curl -d "{\\"password\\":\\"a b\\"}" h`, `sh|-c|curl -d "{\\"password\\":***}" h`],
  [`ssh|h|app --token 'a b' --port 5`, `ssh|h|app --token '***' --port 5`],
  [`sh|-c|ssh h "mysql -pS db"`, `sh|-c|ssh h "mysql -p*** db"`],
  [`psql|-c|CREATE USER joe WITH PASSWORD 'x y'`, `psql|-c|CREATE USER joe WITH PASSWORD ***`],
  [`mysql|-e|ALTER USER joe IDENTIFIED BY 'x y'`, `mysql|-e|ALTER USER joe IDENTIFIED BY ***`],
  ['sh|-c|read -r _ <&3 && exec "$@"|sh|mysql|-pS', 'sh|-c|read -r _ <&3 && exec "$@"|sh|mysql|-p***'],
  ['worker: --password hunter2 --port 5||', 'worker: --password *** --port 5||'],
  ["worker: can't reach redis://a:b@h||", "worker: can't reach redis://a:***@h||"],
  [
    'BOOT_IMAGE=/vmlinuz netroot=iscsi:joe:x@1.2.3.4::3260 rd.iscsi.password=y ro',
    'BOOT_IMAGE=/vmlinuz netroot=iscsi:joe:***@1.2.3.4::3260 rd.iscsi.password=*** ro',
  ],
];

for (const [given, masked] of MASKED)
  test(`masked: ${given}`, () => assert.deepEqual(maskArguments(given.split('|')).join('|'), masked));

const HARMLESS = [
  'app|--password-file=/x|--passwordless|--token-ttl=5|--secret-dir|/s|--keyfile=/k',
  'psql|-p|5432|-U|joe|--no-password|db',
  'ansible|--ask-pass|all|-u|joe',
  'python|run.py|--tokenizer|bert|--tokenizer=bert|--passes=3|--bypass=1',
  'mkdir|-p|dir',
  'ssh|-p|22|joe@host',
  'nmap|-p1-65535|host',
  'mysql|-u|root|-p|db',
  'mysqld|--port=3306|--datadir=/var/lib/mysql',
  'docker|run|-u|1000:1000|-p|80:80|-v|/a:/b|nginx',
  'rsync|-u|a:b|c',
  'curl|-u|joe|-XPUT|-o|out|http://host:8080/a@b',
  'curl|-H|Accept: text/html|http://registry:4873/@scope/package',
  'git|clone|ssh://git@host:22/a/b.git',
  'git|show|da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'openssl|rsa|-passin|env:KEY|-passout|file:/x',
  'env|PWD=/root|OLDPWD=/|COMPASS=1|PATH=/bin',
  'sh|-c|cd /a && mkdir -p b; tar -pxf c.tar',
  'sort|--key=2|-k1',
  'Xorg|:0|-auth|/run/xauth',
  'nginx: worker process||',
  '/usr/lib/jvm/java-17-openjdk-amd64/bin/java|-cp|/opt/app/lib/guava-31.1.jar:/opt/app/lib/netty.jar',
];

for (const line of HARMLESS)
  test(`as it is: ${line}`, () => assert.deepEqual(maskArguments(line.split('|')).join('|'), line));

test('a command line keeps its NULs, and one that is too long loses whole arguments', () => {
  assert.equal(maskCommandLine('app\0--token\0abc\0'), 'app\0--token\0***\0');
  assert.equal(maskCommandLine(''), '');
  const long = maskCommandLine(`app\0${'x'.repeat(40_000)}\0--password=${'y'.repeat(40_000)}\0last\0`);
  assert.equal(long, `app\0${'x'.repeat(40_000)}\0…`);
  assert.equal(maskCommandLine('y'.repeat(100_000)), '…');
});

test('a mount that carries a password keeps its fields', () => {
  const line = '36 35 0:41 / /mnt/a rw,relatime shared:1 - fuse curlftpfs#ftp://joe:s3cret@host/ rw,user_id=0\n';
  assert.equal(maskText(line), line.replace('s3cret', '***'));
  const plain =
    '22 1 254:0 / / rw - ext4 /dev/vda1 rw,errors=remount-ro\n23 22 0:20 / /sys rw shared:2 - sysfs none rw\n';
  assert.equal(maskText(plain), plain);
});

test('arguments keep their number whatever stands in them', () => {
  const pieces = [
    '--password',
    '=',
    ':',
    ' ',
    '"',
    "'",
    '\\',
    'token',
    'mysql',
    '-p',
    'curl',
    '-u',
    'a',
    '@',
    '//',
    ';',
    '-c',
    '{',
  ];
  const argument = fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((some) => some.join(''));
  fc.assert(
    fc.property(fc.array(argument, { maxLength: 6 }), (args) => {
      assert.equal(maskArguments(args).length, args.length);
    }),
  );
});

test('a secret between random arguments is never shown', () => {
  const word = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('-c', 'mysql', '--token', '-p', 'a "b', "it's"));
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 4 }),
      fc.array(word, { maxLength: 4 }),
      fc.constantFrom(
        ['--password=SECRETVALUE'],
        ['--api-key', 'SECRETVALUE'],
        ['PGPASSWORD=SECRETVALUE'],
        ['x://u:SECRETVALUE@h'],
      ),
      (before, after, secret) => {
        assert.ok(
          !maskArguments(['app', ...before, ...secret, ...after])
            .join('\0')
            .includes('SECRETVALUE'),
        );
      },
    ),
  );
});
