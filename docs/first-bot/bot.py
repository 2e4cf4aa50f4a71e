import base64, json, os, random, socket, time
from collections import deque

HOST, PORT, NAME = "localhost", 1543, "bot1"
STATE = NAME + ".state"


class Bot:
    def __init__(self):
        self.connection = socket.create_connection((HOST, PORT))
        # Not for both ways: Python drops what it has read ahead when it writes to the same file.
        self.lines = self.connection.makefile(encoding="utf-8")
        self.id, self.waiting = 0, deque()
        self.ask(session={"name": NAME, "existing": True})
        if os.path.exists(STATE):
            self.state = json.load(open(STATE))
        else:
            self.keep(self.call("updates.getState"))

    def read(self):
        line = self.lines.readline()
        if not line:
            raise ConnectionError("the gateway closed the connection")
        return json.loads(line)

    def ask(self, **request):
        """Sends one line and waits for its answer; updates that come in between wait their turn."""
        self.id += 1
        self.connection.sendall(json.dumps({"id": self.id, **request}).encode() + b"\n")
        while (answer := self.read())["id"] != self.id:
            self.waiting.append(answer)
        if "error" in answer:
            raise ConnectionError(f"{answer['error']}: {answer['msg']}")
        return answer

    def call(self, method, **fields):
        result = self.ask(message={"_cons": method, **fields})["message"]
        if isinstance(result, dict) and result["_cons"] in ("rpc_error", "rpc_timeout"):
            raise RuntimeError(f"{method}: {result['error_message']}")
        return result

    def keep(self, state):
        """Remembers how far this bot has read, for the next start."""
        self.state = {name: state[name] for name in ("pts", "qts", "date")}
        json.dump(self.state, open(STATE, "w"))

    def catch_up(self):
        """Fetches what came while nobody listened."""
        while True:
            try:
                news = self.call("updates.getDifference", **self.state)
            except RuntimeError as refused:
                # A data centre that does not know this place any more: go on from now.
                print(refused, flush=True)
                return self.keep(self.call("updates.getState"))
            for message in news.get("new_messages", []):
                self.on_message(message)
            if news["_cons"] == "updates.differenceTooLong":
                self.keep({**self.state, "pts": news["pts"]})
            elif news["_cons"] != "updates.differenceEmpty":
                self.keep(news.get("state") or news["intermediate_state"])
            if news["_cons"] not in ("updates.differenceSlice", "updates.differenceTooLong"):
                return

    def on_line(self, line):
        if line.get("fatal"):
            raise SystemExit(f"{line['error']}: {line['msg']}")
        if line.get("error") == "UpdatesDropped":
            self.catch_up()
        elif "message" in line:
            self.on_updates(line["message"])

    def on_updates(self, news):
        if news["_cons"] == "updatesTooLong":
            self.catch_up()
        for update in news.get("updates") or [news.get("update") or news]:
            if "pts" in update and "channel" not in update["_cons"].lower():
                self.on_numbered(update)

    def on_numbered(self, update):
        """Updates of private chats are numbered by pts: an old one is skipped, a gap is filled."""
        if update["pts"] <= self.state["pts"]:
            return
        if update["pts"] - update["pts_count"] > self.state["pts"]:
            return self.catch_up()
        if update["_cons"] == "updateShortMessage":
            self.on_message({**update, "peer_id": {"_cons": "peerUser", "user_id": update["user_id"]}})
        elif update["_cons"] == "updateNewMessage":
            self.on_message(update["message"])
        self.keep({**self.state, "pts": update["pts"]})

    def on_message(self, message):
        if message.get("out") or message.get("peer_id", {}).get("_cons") != "peerUser":
            return
        peer = {"_cons": "inputPeerUser", "user_id": message["peer_id"]["user_id"], "access_hash": 0}
        try:
            if message["message"] == "/file":
                self.send_file(peer, "hello.txt", b"Hello from a file.\n")
            else:
                self.send("messages.sendMessage", peer, message="You said: " + message["message"])
        except RuntimeError as refused:
            print(refused, flush=True)

    def send(self, method, peer, **fields):
        """What is sent is numbered too, so the answer is read like an update, after this one."""
        sent = self.call(method, peer=peer, random_id=random.getrandbits(63), **fields)
        self.waiting.append({"id": 0, "message": sent})

    def send_file(self, peer, name, content):
        file_id, part = random.getrandbits(63), 512 * 1024
        parts = [content[at:at + part] for at in range(0, len(content), part)]
        for number, piece in enumerate(parts):
            self.call("upload.saveFilePart", file_id=file_id, file_part=number, bytes=base64.b64encode(piece).decode())
        file = {"_cons": "inputFile", "id": file_id, "parts": len(parts), "name": name, "md5_checksum": ""}
        media = {"_cons": "inputMediaUploadedDocument", "file": file, "mime_type": "text/plain",
                 "attributes": [{"_cons": "documentAttributeFilename", "file_name": name}]}
        self.send("messages.sendMedia", peer, media=media, message="")


while True:
    try:
        bot = Bot()
        bot.catch_up()
        print("ready", flush=True)
        while True:
            bot.on_line(bot.waiting.popleft() if bot.waiting else bot.read())
    except OSError as lost:
        print(lost, flush=True)
        time.sleep(1)
