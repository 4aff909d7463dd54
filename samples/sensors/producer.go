//go:build ignore

// SPDX-License-Identifier: GPL-2.0

// Sends the number that a file begins with, once a second, as a sensor's value.
//
//	go run producer.go /tmp/sensors load /proc/loadavg jobs
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// From linux/af_ipn.h.
const (
	afIPN        = 13
	ipnBroadcast = 1
	ipnSoMode    = 0x84
)

// bind creates the network or joins it. The package syscall has no address of this family.
func bind(bus int, network string) error {
	address := syscall.RawSockaddrUnix{Family: afIPN}
	if len(network) >= len(address.Path) {
		return syscall.ENAMETOOLONG
	}
	for i, char := range []byte(network) {
		address.Path[i] = int8(char)
	}
	_, _, errno := syscall.Syscall(syscall.SYS_BIND, uintptr(bus),
		uintptr(unsafe.Pointer(&address)), unsafe.Sizeof(address))
	if errno != 0 {
		return errno
	}
	return nil
}

// join is a port to send from.
func join(network string) (int, error) {
	bus, err := syscall.Socket(afIPN, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, ipnBroadcast)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	// Everybody may receive.
	if err := syscall.SetsockoptInt(bus, 0, ipnSoMode, 0o744); err != nil {
		return -1, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Shutdown(bus, syscall.SHUT_RD); err != nil {
		return -1, os.NewSyscallError("shutdown", err)
	}
	err = bind(bus, network)
	if errors.Is(err, syscall.ECONNREFUSED) {
		err = replace(bus, network)
	}
	if err != nil {
		return -1, os.NewSyscallError("bind", err)
	}
	if _, _, errno := syscall.Syscall(syscall.SYS_CONNECT, uintptr(bus), 0, 0); errno != 0 {
		return -1, os.NewSyscallError("connect", errno)
	}
	return bus, nil
}

// replace takes over the name of a network that has ended, one process at a time in a directory:
// the command ipn and its library take the same lock.
func replace(bus int, network string) error {
	directory, err := os.Open(filepath.Dir(network))
	if err != nil {
		return err
	}
	defer directory.Close()
	if err := syscall.Flock(int(directory.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	err = bind(bus, network)
	if errors.Is(err, syscall.ECONNREFUSED) && isLeft(network) {
		os.Remove(network)
		err = bind(bus, network)
	}
	return err
}

// isLeft is whether a name at which no network is has no AF_UNIX socket either.
func isLeft(path string) bool {
	file, err := os.Lstat(path)
	if err != nil || file.Mode().Type() != fs.ModeSocket {
		return false
	}
	connection, err := net.Dial("unixgram", path)
	if err == nil {
		connection.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}

func run(network, name, file, unit string) error {
	bus, err := join(network)
	if err != nil {
		return fmt.Errorf("%s: %w", network, err)
	}
	for ; ; time.Sleep(time.Second) {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		words := strings.Fields(string(text))
		if len(words) == 0 {
			return fmt.Errorf("%s: there is no value in it", file)
		}
		message := fmt.Appendf(nil, "%s %s %s", name, words[0], unit)
		if _, err := syscall.SendmsgN(bus, message, nil, nil, syscall.MSG_NOSIGNAL); err != nil {
			return fmt.Errorf("%s: %w", network, os.NewSyscallError("send", err))
		}
	}
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: producer NETWORK NAME FILE UNIT")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, "sensor-producer-go:", err)
		os.Exit(1)
	}
}
