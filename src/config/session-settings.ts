/**
 * Session settings: from the operator's configuration to what the lanes are told.
 * In: a checked configuration. Out: plain data. Never: a default that is not in `config.ts` or the built-in lists.
 */
import { ConfigError, type Config } from './config.ts';
import { parsePublicKey, PRODUCTION_KEY, TEST_KEY } from '../crypto/rsa.ts';
import { HOME_DC, PRODUCTION_DCS, TEST_DCS } from '../address/data-centres.ts';
import type { DataCentre, InitText, Mtproxy, SessionSettings } from '../session/settings.ts';
import { parseSecret } from '../transport/obfuscated.ts';

/** What the lanes are told. @throws ConfigError for a key that is none, or a data centre that is not on the list */
export function toSessionSettings(config: Config): SessionSettings {
  const own = ownServer(config);
  const dataCentres = [...own, ...PRODUCTION_DCS, ...TEST_DCS];
  const home = { id: own[0]?.id ?? config.dc ?? HOME_DC, test: config.test };
  if (!dataCentres.some(({ id, test }) => id === home.id && test === home.test)) {
    throw new ConfigError([`--dc ${home.id}: there is no such data centre${home.test ? ' for tests' : ''}`]);
  }
  return {
    dataCentres,
    home,
    rsaKeys: [...ownKeys(config), PRODUCTION_KEY.pem, TEST_KEY.pem],
    transport: config.transport,
    obfuscated: config.obfuscated,
    mtproxy: mtproxyOf(config),
    forwardSecrecy: config.pfs,
    init: initText(config),
    style: { int64AsString: config.int64 === 'string', flagsAsBool: config.flags === 'bool' },
    allowServer: config.allowServer,
    verbose: config.verbose,
    logsRequests: config.logLevel === 'debug' || config.logLevel === 'trace',
    sendTracebacks: config.sendTracebacks,
  };
}

/** Any MTProto server: `--dc-host`, first on the list, so that it wins over a built-in one of the same id. */
function ownServer({ dcHost, dcPort, dcId, test }: Config): DataCentre[] {
  if (dcHost === undefined || dcPort === undefined) return [];
  return [{ id: dcId ?? HOME_DC, host: dcHost, port: dcPort, test, isOperators: true }];
}

/** The MTProxy; no error shows its secret. */
function mtproxyOf({ mtproxy, mtproxySecret, transport }: Config): Mtproxy | undefined {
  if (mtproxy === undefined || mtproxySecret === undefined) return undefined;
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(mtproxy) ?? [];
  if (host === undefined) throw new ConfigError([`--mtproxy: expected HOST:PORT, got ${mtproxy}`]);
  try {
    const { secret, name } = parseSecret(mtproxySecret);
    const framing = name ?? (transport === 'full' ? 'intermediate' : transport);
    return {
      host: host.replace(/^\[(.*)\]$/, '$1'),
      port: Number(port),
      secret: Uint8Array.from(secret),
      transport: framing,
    };
  } catch (error) {
    throw new ConfigError([`--mtproxy-secret: ${(error as Error).message}`]);
  }
}

function ownKeys({ dcKey, dcKeyText }: Config): string[] {
  if (dcKeyText === undefined) return [];
  try {
    return [parsePublicKey(dcKeyText).pem];
  } catch (error) {
    throw new ConfigError([`--dc-key: ${dcKey} is not an RSA public key of 2048 bits (${(error as Error).message})`]);
  }
}

function initText(config: Config): InitText | undefined {
  if (config.apiId === undefined) return undefined;
  return JSON.stringify({
    api_id: config.apiId,
    device_model: config.deviceModel,
    system_version: config.systemVersion,
    app_version: config.appVersion,
    system_lang_code: config.systemLangCode,
    lang_pack: config.langPack,
    lang_code: config.langCode,
  });
}
