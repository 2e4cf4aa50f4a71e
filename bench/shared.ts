/**
 * Shared sessions: what it costs that a named session belongs to its name and not to a connection.
 * In: parts to run. Out: a table for each. Never: a measurement itself: each part is a file of `shared/`.
 */
import type { Bench, Context } from './bench.ts';
import type { Report } from './report.ts';
import { sharedAs } from './shared/as.ts';
import { sharedHostile } from './shared/hostile.ts';
import { sharedHttp } from './shared/http.ts';
import { residents } from './shared/residents.ts';
import { sharedUpdates } from './shared/updates.ts';

const PARTS: Readonly<Record<string, (context: Context) => Promise<Report>>> = {
  http: sharedHttp,
  as: sharedAs,
  updates: sharedUpdates,
  hostile: sharedHostile,
  residents,
};

async function run(context: Context): Promise<Report[]> {
  const wanted = (context.options['part'] ?? Object.keys(PARTS).join()).split(',');
  const unknown = wanted.find((name) => PARTS[name] === undefined);
  if (unknown !== undefined) throw new Error(`--part ${unknown}: there are ${Object.keys(PARTS).join(', ')}`);
  const reports: Report[] = [];
  for (const name of wanted) reports.push(await PARTS[name]!(context));
  return reports;
}

export const shared: Bench = {
  name: 'shared',
  about: 'named sessions shared by many connections: HTTP, as, updates, hostile neighbours, residents',
  options: {
    part: `some of ${Object.keys(PARTS).join(',')} (all)`,
    connections: 'http: keep-alive connections (50)',
    named: 'as: named sessions (1000)',
    'in-flight': 'as: open calls of each session (10)',
    attachments: 'updates: how many listen (500)',
    'push-rate': 'updates: a second (200)',
    away: 'hostile: ms after which the data centre answers (80)',
    residents: 'residents: how many (2000)',
  },
  isExtra: true,
  run,
};
