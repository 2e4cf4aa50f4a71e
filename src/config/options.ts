/**
 * Options: every option of `serve`, once, by what it is about: flag, environment variable, file key,
 * help and default follow from it.
 * In: nothing. Out: the table. Never: checks a value (`config.ts` does), or loads a library: `--help` reads it too.
 */

/** How a value is written and checked. */
export type OptionKind = 'text' | 'number' | 'switch' | 'list';

type AnyValue = string | number | boolean | readonly string[] | undefined;

/** One option. `Value` is what a checked configuration has under its name. */
export interface Option<Name extends string = string, Value = AnyValue> {
  readonly name: Name;
  readonly kind: OptionKind;
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly text: string;
  /** What a right value is; for the sentence about a wrong one. */
  readonly expects: string;
  /** Without one the option may be missing. */
  readonly fallback?: Value;
  /** The least and most of a number. */
  readonly range?: readonly [number, number];
  /** All that a text may be. */
  readonly among?: readonly string[];
  /** A text may be empty. */
  readonly mayBeEmpty?: boolean;
}

/** What a checked configuration holds, by the names of the table. */
export type OptionValues = {
  readonly [One in (typeof OPTION_GROUPS)[number]['options'][number] as One['name']]: One extends Option<
    string,
    infer V
  >
    ? V
    : never;
};

function toggle<const Name extends string>(name: Name, help: string): Option<Name, boolean> {
  return { name, kind: 'switch', text: help, expects: 'true or false', fallback: false };
}

/** @param range the least and the most */
function number<const Name extends string>(
  name: Name,
  value: string,
  range: readonly [number, number],
  help: string,
  fallback: number,
): Option<Name, number> {
  return { ...numberIfAny(name, value, range, help), fallback };
}

/** One that may be missing. */
function numberIfAny<const Name extends string>(
  name: Name,
  value: string,
  range: readonly [number, number],
  help: string,
): Option<Name, number | undefined> {
  return { name, kind: 'number', value, text: help, expects: `a whole number from ${range[0]} to ${range[1]}`, range };
}

function text<const Name extends string>(
  name: Name,
  value: string,
  help: string,
  fallback: string,
): Option<Name, string> {
  return { name, kind: 'text', value, text: help, expects: 'a text', fallback };
}

/** One that may be empty. */
function anyText<const Name extends string>(
  name: Name,
  value: string,
  help: string,
  fallback: string,
): Option<Name, string> {
  return { name, kind: 'text', value, text: help, expects: 'a text', fallback, mayBeEmpty: true };
}

/** One that may be missing. */
function textIfAny<const Name extends string>(
  name: Name,
  value: string,
  help: string,
): Option<Name, string | undefined> {
  return { name, kind: 'text', value, text: help, expects: 'a text' };
}

function choice<const Name extends string, const Word extends string>(
  name: Name,
  among: readonly Word[],
  help: string,
  fallback: NoInfer<Word>,
): Option<Name, Word> {
  const expects = `one of ${among.join(', ')}`;
  return { name, kind: 'text', value: among.join('|'), text: help, expects, among, fallback };
}

function list<const Name extends string>(
  name: Name,
  value: string,
  help: string,
  expects: string,
): Option<Name, readonly string[]> {
  return { name, kind: 'list', value, text: help, expects, fallback: [] };
}

/** Ports that can be dialled. */
const PORT = [1, 65_535] as const;
/** Values of `--log-level`. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
/** Values of `--pfs`. */
export const FORWARD_SECRECY = ['made', 'always', 'never'] as const;
/** Values of `--transport`. */
export const TRANSPORTS = ['intermediate', 'abridged', 'padded', 'full'] as const;

/** Where sessions are kept by name, and what protects them: options of every command that opens the vault. */
export const VAULT_OPTIONS = [
  textIfAny('vault', 'DIR', 'folder of named sessions (default: mtproto2json/vault in $XDG_DATA_HOME); off: keep none'),
  textIfAny('vaultKeyFile', 'FILE', 'key that seals them: 32 bytes, raw or as hex or base64'),
  textIfAny('vaultPassphraseFile', 'FILE', 'passphrase that seals them, if there is no key'),
] as const;

/** Options of `demo` alone; `serve` ignores them in the environment and the file. */
export const DEMO_OPTIONS = [
  textIfAny(
    'state',
    'DIR',
    'folder where `demo` keeps keys, logins and named sessions (default: mtproto2json/demo in $XDG_DATA_HOME); off: keep nothing',
  ),
] as const;

/** Options by what they are about, in the order of the help. */
export const OPTION_GROUPS = [
  {
    title: 'Where it listens',
    options: [
      text('host', 'HOST', 'address to listen on; localhost is both 127.0.0.1 and ::1', 'localhost'),
      number('port', 'PORT', [0, 65_535], 'port for JSON lines; 0 takes a free one', 1543),
      number('httpPort', 'PORT', [0, 65_535], 'port for HTTP; 0 is off', 0),
      list(
        'httpHost',
        'NAME',
        'host name that HTTP clients may use, besides loopback and --host; repeatable',
        'host names or addresses without a port',
      ),
      textIfAny(
        'tokenFile',
        'FILE',
        'file of tokens, one per line (# starts a comment); clients must first send {"auth":"<token>"}',
      ),
      toggle('insecure', 'allow a --host beyond this machine without --token-file'),
    ],
  },
  {
    title: 'Which data centre',
    options: [
      numberIfAny('dc', 'ID', [1, 10_000], 'built-in data centre that new sessions connect to'),
      toggle('test', "use Telegram's test data centres"),
      textIfAny('dcHost', 'HOST', 'address of an MTProto server of your own'),
      numberIfAny('dcPort', 'PORT', PORT, 'port of that server'),
      numberIfAny('dcId', 'N', [1, 10_000], 'id of that server in the key exchange (default: 2)'),
      textIfAny('dcKey', 'FILE.pem', 'RSA public key of that server'),
      list(
        'allowServer',
        'SPEC',
        'what clients may name as `server`: host:port, a CIDR, or any (every public address); repeatable',
        'host:port, a CIDR, or any, with hosts as IP literals',
      ),
    ],
  },
  {
    title: 'The way there',
    options: [
      choice('transport', TRANSPORTS, 'MTProto transport to the data centre', 'intermediate'),
      toggle('obfuscated', 'obfuscate the connection to the data centre'),
      choice(
        'pfs',
        FORWARD_SECRECY,
        'temporary keys (forward secrecy): for sessions whose keys the gateway made, for all, or never',
        'made',
      ),
      textIfAny('proxy', 'URL', 'SOCKS5 proxy to data centres: socks5://user:password@host:port'),
      textIfAny('mtproxy', 'HOST:PORT', 'MTProxy to data centres'),
      textIfAny('mtproxySecret', 'SECRET', 'its secret, in hex or base64url: 16 bytes, or 17 that begin with dd'),
      number('dialRate', 'N', [1, 100_000], 'most connections to data centres begun per second', 200),
    ],
  },
  {
    title: 'initConnection, sent by the gateway if there is an api_id',
    options: [
      numberIfAny('apiId', 'N', [1, 2_147_483_647], 'api_id: the gateway then sends initConnection by itself'),
      anyText('deviceModel', 'TEXT', 'device_model of initConnection', 'mtproto2json'),
      anyText('systemVersion', 'TEXT', 'system_version of initConnection', `Node ${process.versions.node}`),
      anyText('appVersion', 'TEXT', 'app_version of initConnection', '0.1.0'),
      anyText('systemLangCode', 'CODE', 'system_lang_code of initConnection', 'en'),
      anyText('langPack', 'NAME', 'lang_pack of initConnection', ''),
      anyText('langCode', 'CODE', 'lang_code of initConnection', 'en'),
    ],
  },
  {
    title: 'Named sessions',
    options: [
      ...VAULT_OPTIONS,
      toggle('allowExport', 'let every client export the keys of named sessions'),
      number('linger', 'SECONDS', [0, 86_400], 'how long a named session stays open behind its last connection', 60),
    ],
  },
  {
    title: 'Scheme and JSON',
    options: [
      textIfAny('scheme', 'DIR', 'folder with api.tl and mtproto.tl (default: the built-in scheme)'),
      choice('int64', ['number', 'string'], 'how JSON has 64-bit integers: as numbers or as strings', 'number'),
      choice('flags', ['cons', 'bool'], 'how JSON has flags that are set: as {"_cons":"true"} or as true', 'cons'),
    ],
  },
  {
    title: 'Limits',
    options: [
      numberIfAny('workers', 'N', [1, 256], 'worker threads for TL and crypto'),
      numberIfAny(
        'maxConnections',
        'N',
        [1, 1_000_000],
        'most clients at once; the limit of open files may allow fewer',
      ),
      number('maxLine', 'BYTES', [1_024, 16_777_215], 'longest line that a client may send', 4_194_304),
    ],
  },
  {
    title: 'Log',
    options: [
      choice('logLevel', LOG_LEVELS, 'lowest level that is logged, on stderr', 'info'),
      toggle('verbose', 'print all objects on stdout, values masked'),
      toggle('printTracebacks', 'log stack traces of internal errors'),
      toggle('sendTracebacks', 'send clients stack traces of internal errors'),
    ],
  },
  { title: 'Of `demo` alone', options: DEMO_OPTIONS },
] as const;

/** Every option, in the order of the help. */
export const OPTIONS: readonly Option[] = OPTION_GROUPS.flatMap(({ options }): readonly Option[] => options);

/** `dcHost` as a flag: `dc-host`. */
export function flagName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `dcHost` in the environment: `MTPROTO2JSON_DC_HOST`. */
export function environmentName(name: string): string {
  return `MTPROTO2JSON_${flagName(name).replaceAll('-', '_').toUpperCase()}`;
}

/** In the environment and nowhere else: secrets, read where they are used. */
export const SECRET_VARIABLES: readonly string[] = [
  ...['MTPROTO2JSON_VAULT_KEY', 'MTPROTO2JSON_VAULT_PASSPHRASE'],
  // Of `signin`: who exports them for it starts the other commands with them too.
  ...['MTPROTO2JSON_API_HASH', 'MTPROTO2JSON_PHONE', 'MTPROTO2JSON_PASSWORD', 'MTPROTO2JSON_BOT_TOKEN'],
  // Of `call` and `repl`: the token that the gateway wants.
  'MTPROTO2JSON_TOKEN',
];
