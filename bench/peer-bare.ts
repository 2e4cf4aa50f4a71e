/** The bare client as a peer. In: orders of `peer.ts`. Out: its figures: the floor. Never: TL or JSON of an answer. */
import { codec } from '../test/support/raw-client.ts';
import { BareClient } from './bare-client.ts';
import { CALLS } from './peer-calls.ts';
import { servePeer, type PeerCall } from './peer.ts';

function bytesOf(what: PeerCall): { body: Uint8Array; expected: number } {
  const { query, result } = CALLS[what];
  return { body: codec.encode(query), expected: codec.schema.byName.get(result)!.crc };
}

const bodies = { small: bytesOf('small'), dialogs: bytesOf('dialogs'), file: bytesOf('file') };

servePeer(async ({ port, pem }) => {
  const client = await BareClient.connect(port, pem);
  return {
    call: (what) => client.call(bodies[what].body, bodies[what].expected),
    close: () => client.close(),
  };
});
