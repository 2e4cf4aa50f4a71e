/**
 * Doctor: every check, in the order in which they build on each other.
 * In: the sources of the configuration, whether there is a network to look at. Out: findings.
 * Never: changes anything, or stops at the first thing that is wrong.
 */
import { type Config, ConfigError, loadConfig, type Sources } from '../config/config.ts';
import { descriptorLimit } from '../main/limits/descriptors.ts';
import { vaultFolder } from '../config/vault-settings.ts';
import { type Finding, ok, wrong } from './finding.ts';
import { judgeApiId, judgeDescriptors } from './judge.ts';
import { checkScheme, checkTokens, checkVault } from './local.ts';
import { checkDataCentres, checkPorts } from './network.ts';
import { checkRights } from './rights.ts';

/** Makes every check, in order. @param isOffline asks no data centre */
export async function examine(sources: Sources, isOffline: boolean): Promise<Finding[]> {
  const node = ok('node', `Node ${process.versions.node}`);
  const warnings: string[] = [];
  let config: Config;
  try {
    config = loadConfig({ ...sources, warn: (sentence) => void warnings.push(sentence) });
  } catch (error) {
    return [node, ...optionFindings(error)];
  }
  return [
    node,
    ok('options', 'options, environment and file fit together'),
    judgeApiId(config.apiId),
    checkScheme(config.scheme),
    checkTokens(config),
    await checkVault(config, process.env),
    ...checkRights(vaultFolder(config, process.env), warnings),
    judgeDescriptors(descriptorLimit(), config.maxConnections),
    ...(await checkPorts(config)),
    ...(isOffline ? [] : await dataCentres(config)),
  ];
}

async function dataCentres(config: Config): Promise<Finding[]> {
  try {
    return await checkDataCentres(config);
  } catch (error) {
    return optionFindings(error);
  }
}

/** What `serve` would refuse. */
function optionFindings(error: unknown): Finding[] {
  if (error instanceof ConfigError)
    return error.sentences.map((sentence) => wrong('options', sentence, 'see mtproto2json serve --help'));
  return [wrong('options', (error as Error).message, 'see mtproto2json serve --help')];
}
