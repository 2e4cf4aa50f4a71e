package main

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

const (
	address = "localhost:1543"
	name    = "bot1"
	keptIn  = name + ".state"
)

type object = map[string]any

// refused is what Telegram answers to one call; every other error ends the connection.
type refused string

func (r refused) Error() string { return string(r) }

type bot struct {
	connection net.Conn
	lines      *json.Decoder
	id         int64
	waiting    []object
	state      object
}

func connect() (*bot, error) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	b := &bot{connection: connection, lines: json.NewDecoder(bufio.NewReader(connection))}
	// Without this an any holds a float64, which rounds access hashes.
	b.lines.UseNumber()
	if _, err := b.ask(object{"session": object{"name": name, "existing": true}}); err != nil {
		return nil, err
	}
	if text, err := os.ReadFile(keptIn); err == nil {
		kept := json.NewDecoder(strings.NewReader(string(text)))
		kept.UseNumber()
		return b, kept.Decode(&b.state)
	}
	state, err := b.call("updates.getState", object{})
	if err == nil {
		err = b.keep(state)
	}
	return b, err
}

func (b *bot) read() (line object, err error) {
	err = b.lines.Decode(&line)
	return line, err
}

// ask sends one line and waits for its answer; updates that come in between wait their turn.
func (b *bot) ask(request object) (object, error) {
	b.id++
	request["id"] = b.id
	if err := json.NewEncoder(b.connection).Encode(request); err != nil {
		return nil, err
	}
	for {
		answer, err := b.read()
		if err != nil {
			return nil, err
		}
		if number(answer["id"]) != b.id {
			b.waiting = append(b.waiting, answer)
			continue
		}
		if answer["error"] != nil {
			return nil, fmt.Errorf("%v: %v", answer["error"], answer["msg"])
		}
		return answer, nil
	}
}

func (b *bot) call(method string, fields object) (object, error) {
	message := object{"_cons": method}
	for field, value := range fields {
		message[field] = value
	}
	answer, err := b.ask(object{"message": message})
	if err != nil {
		return nil, err
	}
	result, _ := answer["message"].(object)
	if cons := result["_cons"]; cons == "rpc_error" || cons == "rpc_timeout" {
		return nil, refused(fmt.Sprintf("%s: %v", method, result["error_message"]))
	}
	return result, nil
}

// keep remembers how far this bot has read, for the next start.
func (b *bot) keep(state object) error {
	b.state = object{"pts": state["pts"], "qts": state["qts"], "date": state["date"]}
	text, err := json.Marshal(b.state)
	if err != nil {
		return err
	}
	return os.WriteFile(keptIn, text, 0o600)
}

func (b *bot) keepPts(pts any) error {
	return b.keep(object{"pts": pts, "qts": b.state["qts"], "date": b.state["date"]})
}

// catchUp fetches what came while nobody listened.
func (b *bot) catchUp() error {
	for {
		news, err := b.call("updates.getDifference", b.state)
		if no, ok := err.(refused); ok {
			// A data centre that does not know this place any more: go on from now.
			fmt.Println(no)
			return b.startAnew()
		}
		if err != nil {
			return err
		}
		messages, _ := news["new_messages"].([]any)
		for _, message := range messages {
			if err := b.onMessage(message.(object)); err != nil {
				return err
			}
		}
		switch news["_cons"] {
		case "updates.differenceEmpty":
			return nil
		case "updates.difference":
			return b.keep(news["state"].(object))
		case "updates.differenceSlice":
			err = b.keep(news["intermediate_state"].(object))
		case "updates.differenceTooLong":
			err = b.keepPts(news["pts"])
		}
		if err != nil {
			return err
		}
	}
}

func (b *bot) startAnew() error {
	state, err := b.call("updates.getState", object{})
	if err != nil {
		return err
	}
	return b.keep(state)
}

func (b *bot) onLine(line object) error {
	if line["fatal"] == true {
		fmt.Println(line["error"], line["msg"])
		os.Exit(1)
	}
	if line["error"] == "UpdatesDropped" {
		return b.catchUp()
	}
	if message, ok := line["message"].(object); ok {
		return b.onUpdates(message)
	}
	return nil
}

func (b *bot) onUpdates(news object) error {
	if news["_cons"] == "updatesTooLong" {
		return b.catchUp()
	}
	updates, ok := news["updates"].([]any)
	if update := news["update"]; !ok && update != nil {
		updates = []any{update}
	} else if !ok {
		updates = []any{news}
	}
	for _, one := range updates {
		update := one.(object)
		if update["pts"] == nil || strings.Contains(strings.ToLower(update["_cons"].(string)), "channel") {
			continue
		}
		if err := b.onNumbered(update); err != nil {
			return err
		}
	}
	return nil
}

// onNumbered: updates of private chats are numbered by pts: an old one is skipped, a gap is filled.
func (b *bot) onNumbered(update object) (err error) {
	pts, known := number(update["pts"]), number(b.state["pts"])
	if pts <= known {
		return nil
	}
	if pts-number(update["pts_count"]) > known {
		return b.catchUp()
	}
	switch update["_cons"] {
	case "updateShortMessage":
		update["peer_id"] = object{"_cons": "peerUser", "user_id": update["user_id"]}
		err = b.onMessage(update)
	case "updateNewMessage":
		err = b.onMessage(update["message"].(object))
	}
	if err != nil {
		return err
	}
	return b.keepPts(update["pts"])
}

func (b *bot) onMessage(message object) error {
	from, _ := message["peer_id"].(object)
	if message["out"] != nil || from["_cons"] != "peerUser" {
		return nil
	}
	peer := object{"_cons": "inputPeerUser", "user_id": from["user_id"], "access_hash": 0}
	var err error
	if message["message"] == "/file" {
		err = b.sendFile(peer, "hello.txt", []byte("Hello from a file.\n"))
	} else {
		err = b.send("messages.sendMessage", peer, object{"message": fmt.Sprint("You said: ", message["message"])})
	}
	if no, ok := err.(refused); ok {
		fmt.Println(no)
		return nil
	}
	return err
}

// send: what is sent is numbered too, so the answer is read like an update, after this one.
func (b *bot) send(method string, peer object, fields object) error {
	fields["peer"], fields["random_id"] = peer, randomId()
	sent, err := b.call(method, fields)
	if err == nil {
		b.waiting = append(b.waiting, object{"id": json.Number("0"), "message": sent})
	}
	return err
}

func (b *bot) sendFile(peer object, name string, content []byte) error {
	const size = 512 * 1024
	id, parts := randomId(), 0
	for ; parts*size < len(content); parts++ {
		end := (parts + 1) * size
		if end > len(content) {
			end = len(content)
		}
		// encoding/json writes []byte as base64, as the gateway reads it.
		part := object{"file_id": id, "file_part": parts, "bytes": content[parts*size : end]}
		if _, err := b.call("upload.saveFilePart", part); err != nil {
			return err
		}
	}
	file := object{"_cons": "inputFile", "id": id, "parts": parts, "name": name, "md5_checksum": ""}
	attributes := []object{{"_cons": "documentAttributeFilename", "file_name": name}}
	media := object{"_cons": "inputMediaUploadedDocument", "file": file, "mime_type": "text/plain", "attributes": attributes}
	return b.send("messages.sendMedia", peer, object{"media": media, "message": ""})
}

func (b *bot) run() error {
	if err := b.catchUp(); err != nil {
		return err
	}
	fmt.Println("ready")
	for {
		var line object
		var err error
		if len(b.waiting) > 0 {
			line, b.waiting = b.waiting[0], b.waiting[1:]
		} else if line, err = b.read(); err != nil {
			return err
		}
		if err := b.onLine(line); err != nil {
			return err
		}
	}
}

func number(value any) int64 {
	n, _ := value.(json.Number)
	whole, _ := n.Int64()
	return whole
}

func randomId() int64 {
	var bytes [8]byte
	rand.Read(bytes[:])
	return int64(binary.LittleEndian.Uint64(bytes[:]) >> 1)
}

func main() {
	for {
		b, err := connect()
		if err == nil {
			err = b.run()
		}
		fmt.Println(err)
		if b != nil && b.connection != nil {
			b.connection.Close()
		}
		time.Sleep(time.Second)
	}
}
