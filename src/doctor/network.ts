/**
 * Network: every address of the data centres, and the ports that the gateway is to have.
 * In: the configuration. Out: findings. Never: a data centre that the gateway itself would not dial.
 */
import { createServer } from 'node:net';
import type { Config } from '../config/config.ts';
import { parsePublicKey } from '../crypto/rsa.ts';
import { parseSocks } from '../main/links/socks.ts';
import { toSessionSettings } from '../config/session-settings.ts';
import { PORTS } from '../address/data-centres.ts';
import { TEST_OFFSET } from '../session/handshake/handshake.ts';
import type { SessionSettings } from '../session/settings.ts';
import { centreFinding } from './centre-finding.ts';
import { askDataCentre, type Target } from './data-centre.ts';
import { type Finding, ok, wrong } from './finding.ts';
import { judgeClock } from './judge.ts';

/** How long one address may take to answer, ms. */
const WITHIN = 5_000;

/** Asks every address at once. @returns a finding per data centre, and one about the clock if one told the time */
export async function checkDataCentres(config: Config): Promise<Finding[]> {
  const settings = toSessionSettings(config);
  const targets = targetsOf(config, settings);
  const answers = await Promise.all(
    targets.map(async (target) => ({ target, answer: await askDataCentre(target, WITHIN), at: Date.now() / 1000 })),
  );
  const homeId = settings.home.id + (settings.home.test ? TEST_OFFSET : 0);
  const findings = [...new Set(targets.map(({ dc }) => dc))].map((dc) => {
    const attempts = answers
      .filter(({ target }) => target.dc === dc)
      .map(({ target: { host, port }, answer }) => ({ host, port, answer }));
    return centreFinding(dc % TEST_OFFSET, attempts, dc === homeId);
  });
  const told = answers.flatMap(({ answer, at }) =>
    'serverTime' in answer ? [{ time: answer.serverTime, at }] : [],
  )[0];
  return told === undefined ? findings : [...findings, judgeClock(told.time, told.at)];
}

function targetsOf(
  config: Config,
  { dataCentres, mtproxy, rsaKeys, transport, obfuscated }: SessionSettings,
): Target[] {
  const common = {
    transport: mtproxy?.transport ?? transport,
    obfuscated,
    secret: mtproxy?.secret,
    socks: config.proxy === undefined ? undefined : parseSocks(config.proxy),
    keys: rsaKeys.map((pem) => parsePublicKey(pem)),
  };
  const operators = dataCentres.filter(({ isOperators }) => isOperators);
  const wanted = operators.length > 0 ? operators : dataCentres.filter(({ test }) => test === config.test);
  const numberOf = (id: number, test: boolean): number => id + (test ? TEST_OFFSET : 0);
  if (mtproxy !== undefined) {
    const ids = new Set(wanted.map(({ id, test }) => numberOf(id, test)));
    return [...ids].map((dc) => ({ ...common, dc, host: mtproxy.host, port: mtproxy.port }));
  }
  return wanted.flatMap(({ id, host, port, test, isOperators }) =>
    (isOperators ? [port] : PORTS).map((one) => ({ ...common, dc: numberOf(id, test), host, port: one })),
  );
}

/** Whether the gateway can listen on its ports. */
export async function checkPorts({ host, port, httpPort }: Config): Promise<Finding[]> {
  const wanted: [string, number][] = [['--port', port]];
  if (httpPort !== 0) wanted.push(['--http-port', httpPort]);
  return Promise.all(
    wanted.map(async ([flag, number]) => {
      const code = await listenOnce(host, number);
      if (code === undefined) return ok('port', `${host}:${number} is free`);
      const text = `${host}:${number} cannot be listened on (${code})`;
      return wrong('port', text, `stop what listens there, or give another ${flag}`);
    }),
  );
}

async function listenOnce(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
