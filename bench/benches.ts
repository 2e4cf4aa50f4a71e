/** All benches, in the order they run and are listed. In: nothing. Out: the table. Never: a bench itself. */
import type { Bench } from './bench.ts';
import { clients } from './clients.ts';
import { codec } from './codec.ts';
import { crossing } from './crossing.ts';
import { files } from './files.ts';
import { handshake } from './handshake.ts';
import { http } from './http.ts';
import { kills } from '../test/trials/kills.ts';
import { ige } from './ige.ts';
import { neighbours } from './neighbours.ts';
import { outage } from '../test/trials/outage.ts';
import { peers } from './peers.ts';
import { proxy } from './proxy.ts';
import { scale } from './scale.ts';
import { shared } from './shared.ts';
import { start } from './start.ts';
import { stops } from '../test/trials/stops.ts';
import { updates } from './updates.ts';

export const BENCHES: readonly Bench[] = [
  start,
  clients,
  handshake,
  proxy,
  peers,
  scale,
  updates,
  neighbours,
  shared,
  files,
  http,
  crossing,
  codec,
  ige,
  kills,
  outage,
  stops,
];
