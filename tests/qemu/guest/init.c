// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's first process: prepares the system, loads the modules that
 * /lib/modules/load names, runs /command (or a shell on the console), unloads
 * all modules, has the debug kernel look for leaks and reports over a port of
 * its own.
 *
 * Ports: CONSOLE is the kernel's console, OUTPUT takes the command's output, and
 * REPORT, or where that is not defined I/O port 0xe9 (QEMU's debug console), to
 * which nothing else in the guest writes, the one line that the host believes:
 * "exit STATUS", or "failed: WHY".
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <net/if.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void set_raw(int fd)
{
	struct termios settings;

	if (tcgetattr(fd, &settings) < 0)
		return;
	cfmakeraw(&settings);
	cfsetspeed(&settings, B115200);
	tcsetattr(fd, TCSANOW, &settings);
}

#ifdef REPORT
static void tell_host(const char *line)
{
	int fd = open(REPORT, O_WRONLY | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return;
	set_raw(fd);
	dprintf(fd, "%s\n", line);
	tcdrain(fd);
	close(fd);
}
#else
#include <sys/io.h>

#define REPORT_PORT	0xe9

static void tell_host(const char *line)
{
	if (ioperm(REPORT_PORT, 1, 1) < 0)
		return;
	for (const char *c = line; *c; c++)
		outb(*c, REPORT_PORT);
	outb('\n', REPORT_PORT);
}
#endif

/* Says @format on the report port and switches the machine off. */
static void __attribute__((noreturn, format(printf, 1, 2)))
report(const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);

	sync();
	tell_host(line);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void write_all(int fd, const char *text, ssize_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, text, length);

		if (written < 0)
			report("failed: write: %s", strerror(errno));
		text += written;
		length -= written;
	}
}

static void mount_at(const char *type, const char *place, const char *options)
{
	mkdir(place, 0755);
	if (mount(type, place, type, 0, options) < 0)
		report("failed: mount of %s at %s: %s", type, place, strerror(errno));
}

static void mount_all(void)
{
	mount_at("devtmpfs", "/dev", NULL);
	mount_at("devpts", "/dev/pts", "ptmxmode=0666");
	mount_at("tmpfs", "/dev/shm", "mode=1777");
	mount_at("proc", "/proc", NULL);
	mount_at("sysfs", "/sys", NULL);
	mount_at("debugfs", "/sys/kernel/debug", NULL);
	mount_at("tmpfs", "/tmp", "mode=1777");
	mount_at("tmpfs", "/run", "mode=0755");
}

static void set_loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		report("failed: lo: %s", strerror(errno));
	close(fd);
}

/* Writes @text to each file that @pattern matches; there may be none. */
static void write_to_each(const char *pattern, const char *text)
{
	glob_t files;

	if (glob(pattern, 0, NULL, &files))
		return;
	for (size_t i = 0; i < files.gl_pathc; i++) {
		int fd = open(files.gl_pathv[i], O_WRONLY | O_CLOEXEC);

		if (fd < 0 || write(fd, text, strlen(text)) < 0)
			report("failed: %s: %s", files.gl_pathv[i], strerror(errno));
		close(fd);
	}
	globfree(&files);
}

/*
 * Does without the scheduler's servers of ordinary tasks: where an emulated
 * processor had to wait long for a real one they warn that their timer is late,
 * and that would be a finding. And without the timer that ends each turn on the
 * microsecond: its interrupts take the debug kernel a twelfth of all its time.
 */
static void calm_scheduler(void)
{
	write_to_each("/sys/kernel/debug/sched/fair_server/cpu*/runtime", "0");
	write_to_each("/sys/kernel/debug/sched/features", "NO_HRTICK");
}

static void load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) < 0)
		report("failed: loading %s: %s", path, strerror(errno));
	close(fd);
}

/* Loads what /lib/modules/load names, a path a line, in that order. */
static void load_modules(void)
{
	FILE *list = fopen("/lib/modules/load", "re");
	char path[256];

	if (!list)
		report("failed: /lib/modules/load: %s", strerror(errno));
	while (fgets(path, sizeof(path), list)) {
		path[strcspn(path, "\n")] = '\0';
		load_module(path);
	}
	fclose(list);
}

/* Unloads every module that nothing uses; true when af_ipn is not loaded. */
static bool unload_unused(void)
{
	FILE *list = fopen("/proc/modules", "re");
	bool gone = true;
	char line[512];

	if (!list)
		report("failed: /proc/modules: %s", strerror(errno));
	while (fgets(line, sizeof(line), list)) {
		line[strcspn(line, " ")] = '\0';
		if (syscall(SYS_delete_module, line, O_NONBLOCK) < 0 &&
		    strcmp(line, "af_ipn") == 0)
			gone = false;
	}
	fclose(list);
	return gone;
}

/*
 * Nothing may hold the module once every process is gone.  The last files are
 * closed by delayed work, and what uses the module is unloaded before it, hence
 * the patience.
 */
static void unload_af_ipn(void)
{
	for (int tries = 0; tries < 100; tries++) {
		if (unload_unused())
			return;
		usleep(20 * 1000);
	}
	report("failed: af_ipn is still in use when all processes have ended");
}

/* Memory younger than this many seconds is no leak yet in kmemleak's eyes. */
#define LEAK_AGE	6

static void scan_for_leaks(int kmemleak)
{
	if (write(kmemleak, "scan", strlen("scan")) < 0)
		report("failed: kmemleak: %s", strerror(errno));
}

/*
 * Copies what kmemleak has found, if the kernel has it, to the console, where
 * the host looks for it.  It believes only what two scans have found with the
 * same contents.
 */
static void show_leaks(void)
{
	int kmemleak = open("/sys/kernel/debug/kmemleak", O_RDWR | O_CLOEXEC);
	int console = open(CONSOLE, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	char text[4096];
	ssize_t length;

	if (kmemleak >= 0) {
		scan_for_leaks(kmemleak);
		sleep(LEAK_AGE);
		scan_for_leaks(kmemleak);
		while ((length = read(kmemleak, text, sizeof(text))) > 0)
			write_all(console, text, length);
		if (length < 0)
			report("failed: kmemleak: %s", strerror(errno));
		close(kmemleak);
	}
	tcdrain(console);
	close(console);
}

/* Lockdep, if the kernel has it, must still have been at work at the end. */
static void check_lockdep(void)
{
	FILE *stats = fopen("/proc/lockdep_stats", "re");
	int working = 1;
	char line[256];

	if (!stats)
		return;
	while (fgets(line, sizeof(line), stats))
		sscanf(line, " debug_locks: %d", &working);
	fclose(stats);
	if (!working)
		report("failed: lockdep has turned itself off");
}

static int open_output(void)
{
	int fd = open(OUTPUT, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		report("failed: " OUTPUT ": %s", strerror(errno));
	set_raw(fd);
	return fd;
}

static void __attribute__((noreturn)) run_command(int output)
{
	int input = open("/dev/null", O_RDONLY);

	setsid();
	dup2(input, 0);
	dup2(output, 1);
	dup2(output, 2);
	close(input);
	execl("/bin/sh", "sh", "/command", NULL);
	_exit(127);
}

static void __attribute__((noreturn)) run_shell(void)
{
	int console = open(CONSOLE, O_RDWR);
	const char *rows = getenv("AF_IPN_ROWS"), *columns = getenv("AF_IPN_COLUMNS");
	struct winsize size = {
		.ws_row = rows ? atoi(rows) : 24,
		.ws_col = columns ? atoi(columns) : 80,
	};

	setsid();
	ioctl(console, TIOCSCTTY, 0);
	ioctl(console, TIOCSWINSZ, &size);
	for (int fd = 0; fd < 3; fd++)
		dup2(console, fd);
	if (console > 2)
		close(console);
	execl("/bin/sh", "-sh", NULL);
	_exit(127);
}

/* Waits for @child, and on the way for every orphan that comes to us. */
static int wait_for(pid_t child)
{
	int status;

	for (;;) {
		pid_t ended = wait(&status);

		if (ended == child)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (ended < 0)
			report("failed: wait: %s", strerror(errno));
	}
}

static void end_all_processes(void)
{
	kill(-1, SIGKILL);
	while (wait(NULL) > 0)
		;
}

int main(void)
{
	int output, status;
	pid_t child;

	umask(022);
	mount_all();
	sethostname("af-ipn", strlen("af-ipn"));
	set_loopback_up();
	calm_scheduler();
	load_modules();

	setenv("PATH", "/bin:/sbin", 1);
	setenv("HOME", "/root", 1);
	chdir("/root");
	output = open_output();

	child = fork();
	if (child < 0)
		report("failed: fork: %s", strerror(errno));
	if (child == 0) {
		if (getenv("AF_IPN_SHELL"))
			run_shell();
		run_command(output);
	}
	status = wait_for(child);
	tcdrain(output);
	end_all_processes();
	unload_af_ipn();
	show_leaks();
	check_lockdep();
	report("exit %d", status);
}
