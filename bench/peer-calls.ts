/** The calls of the peers, as the test DC's TL objects. In: nothing. Out: queries. Never: other calls than `calls.ts`. */
import type { TlObject } from '../src/testdc/tl/tl-value.ts';
import type { PeerCall } from './peer.ts';

/** 512 KiB at a time, as clients download. */
export const PART = 512 * 1024;

export const CALLS: Readonly<Record<PeerCall, { readonly query: TlObject; readonly result: string }>> = {
  small: { query: { _: 'help.getNearestDc' }, result: 'nearestDc' },
  dialogs: {
    query: {
      _: 'messages.getDialogs',
      offset_date: 0,
      offset_id: 0,
      offset_peer: { _: 'inputPeerEmpty' },
      limit: 100,
      hash: 0n,
    },
    result: 'messages.dialogs',
  },
  file: {
    query: {
      _: 'upload.getFile',
      location: {
        _: 'inputDocumentFileLocation',
        id: 1n,
        access_hash: 1n,
        file_reference: new Uint8Array(0),
        thumb_size: '',
      },
      offset: 0n,
      limit: PART,
    },
    result: 'upload.file',
  },
};
