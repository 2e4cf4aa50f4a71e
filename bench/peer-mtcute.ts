/** mtcute as a peer: `@mtcute/core` with `@mtcute/wasm`. In: orders of `peer.ts`. Out: its figures. Never: our codec. */
import { Long } from '@mtcute/core';
import type { tl } from '@mtcute/core';
import { mtcuteFor } from '../test/support/mtcute.ts';
import { PART } from './peer-calls.ts';
import { servePeer, type PeerCall } from './peer.ts';

const QUERIES: Readonly<Record<PeerCall, tl.RpcMethod>> = {
  small: { _: 'help.getNearestDc' },
  dialogs: {
    _: 'messages.getDialogs',
    offsetDate: 0,
    offsetId: 0,
    offsetPeer: { _: 'inputPeerEmpty' },
    limit: 100,
    hash: Long.ZERO,
  },
  file: {
    _: 'upload.getFile',
    location: {
      _: 'inputDocumentFileLocation',
      id: Long.ONE,
      accessHash: Long.ONE,
      fileReference: new Uint8Array(0),
      thumbSize: '',
    },
    offset: 0,
    limit: PART,
  },
};
const RESULTS: Readonly<Record<PeerCall, string>> = {
  small: 'nearestDc',
  dialogs: 'messages.dialogs',
  file: 'upload.file',
};

servePeer(async ({ port, pem }) => {
  const address = { id: 2, host: '127.0.0.1', port };
  const client = mtcuteFor(
    { publicKeyPem: pem, addresses: [address], host: address.host, port: () => port },
    { updates: false },
  );
  await client.call(QUERIES.small);
  return {
    async call(what) {
      const answer = (await client.call(QUERIES[what])) as { _: string };
      if (answer._ !== RESULTS[what]) throw new Error(`answered ${answer._}`);
    },
    close: () => client.destroy(),
  };
});
