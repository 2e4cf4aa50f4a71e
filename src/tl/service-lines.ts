/**
 * Service definitions of the public protocol that no package carries (scheme/README.md), as TL text.
 * In: nothing. Out: text that `scheme update` joins with a source's service definitions.
 *
 * `// foreign` stands where Telegram's number is not the CRC-32 of the line it publishes.
 */

export const SERVICE_LINES = `
boolFalse#bc799737 = Bool;
boolTrue#997275b5 = Bool;
true#3fedd339 = True;
vector#1cb5c415 {t:Type} # [ t ] = Vector t;

rsa_public_key#7a19cb76 n:bytes e:bytes = RSAPublicKey;
p_q_inner_data#83c95aec pq:bytes p:bytes q:bytes nonce:int128 server_nonce:int128 new_nonce:int256 = P_Q_inner_data;
p_q_inner_data_temp#3c6a84d4 pq:bytes p:bytes q:bytes nonce:int128 server_nonce:int128 new_nonce:int256 expires_in:int = P_Q_inner_data;
server_DH_params_fail#79cb045d nonce:int128 server_nonce:int128 new_nonce_hash:int128 = Server_DH_Params;

message#5bb8e511 msg_id:long seqno:int bytes:int body:Object = Message;
msg_container#73f1f8dc messages:vector<message> = MessageContainer;
msg_copy#e06046b2 orig_message:Message = MessageCopy;
gzip_packed#3072cfa1 packed_data:bytes = Object;
rpc_result#f35c6d01 req_msg_id:long result:Object = RpcResult;
msg_resend_ans_req#8610baeb msg_ids:Vector<long> = MsgResendReq;

ipPort#d433ad73 ipv4:int port:int = IpPort;
ipPortSecret#37982646 ipv4:int port:int secret:bytes = IpPort; // foreign
accessPointRule#4679b65f phone_prefix_rules:string dc_id:int ips:vector<IpPort> = AccessPointRule; // foreign
help.configSimple#5a592a6c date:int expires:int rules:vector<AccessPointRule> = help.ConfigSimple; // foreign

---functions---

req_pq#60469778 nonce:int128 = ResPQ;
`;
