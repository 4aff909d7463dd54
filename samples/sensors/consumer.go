//go:build ignore

// SPDX-License-Identifier: GPL-2.0

// Prints the values of all sensors on a network, until it ends.
//
//	go run consumer.go /tmp/sensors
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

// From linux/af_ipn.h and asm/socket.h.
const (
	afIPN     = 13
	ipnAny    = 0
	soRxqOvfl = 40
)

// join is a port to receive from. The package syscall has no address of this family.
func join(network string) (int, error) {
	address := syscall.RawSockaddrUnix{Family: afIPN}
	if len(network) >= len(address.Path) {
		return -1, syscall.ENAMETOOLONG
	}
	for i, char := range []byte(network) {
		address.Path[i] = int8(char)
	}
	bus, err := syscall.Socket(afIPN, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, ipnAny)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if err := syscall.SetsockoptInt(bus, syscall.SOL_SOCKET, soRxqOvfl, 1); err != nil {
		return -1, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Shutdown(bus, syscall.SHUT_WR); err != nil {
		return -1, os.NewSyscallError("shutdown", err)
	}
	_, _, errno := syscall.Syscall(syscall.SYS_CONNECT, uintptr(bus),
		uintptr(unsafe.Pointer(&address)), unsafe.Sizeof(address))
	if errno != 0 {
		return -1, os.NewSyscallError("connect", errno)
	}
	return bus, nil
}

// lostSoFar is how many messages a port has lost, which comes with each once there are any.
func lostSoFar(control []byte) uint32 {
	messages, err := syscall.ParseSocketControlMessage(control)
	if err != nil || len(messages) == 0 || len(messages[0].Data) < 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(messages[0].Data)
}

func run(network string) error {
	bus, err := join(network)
	if err != nil {
		return fmt.Errorf("%s: %w", network, err)
	}
	message, control := make([]byte, 128), make([]byte, syscall.CmsgSpace(4))
	var told uint32
	for {
		length, space, flags, _, err := syscall.Recvmsg(bus, message, control, 0)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", network, os.NewSyscallError("recvmsg", err))
		}
		// Every message has it, an empty one too, and the end has not.
		if flags&syscall.MSG_EOR == 0 {
			return nil
		}
		lost := lostSoFar(control[:space])
		if lost != told {
			fmt.Fprintf(os.Stderr, "sensor-consumer-go: lost %d values\n", lost-told)
			told = lost
		}
		text := string(message[:length])
		words := strings.Fields(text)
		if len(words) != 3 || !isPrintable(text) || !isNumber(words[1]) {
			fmt.Fprintf(os.Stderr, "sensor-consumer-go: not a value: %q\n", message[:length])
			continue
		}
		if _, err := fmt.Printf("%s: %s %s\n", words[0], words[1], words[2]); err != nil {
			return err
		}
	}
}

// isPrintable is whether there is nothing in a text that a terminal obeys.
func isPrintable(text string) bool {
	return strings.IndexFunc(text, func(char rune) bool { return char < ' ' || char > '~' }) < 0
}

func isNumber(word string) bool {
	_, err := strconv.ParseFloat(word, 64)
	return err == nil && strings.Trim(word, "0123456789.eE+-") == ""
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: consumer NETWORK")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "sensor-consumer-go:", err)
		os.Exit(1)
	}
}
