// SPDX-License-Identifier: GPL-2.0
/*
 * Names of files; what helpers.c says of its functions is so here too.
 */
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/sched.h>
#include <linux/security.h>
#include <linux/seq_file.h>
#include <linux/stat.h>

#include "helpers.h"

/*
 * The order of unix_bind_bsd() (net/unix/af_unix.c). The directory stays locked when it
 * succeeds, until one of the next two gives it free.
 */
struct dentry *ipn_helper_create_socket_inode(const char *name, umode_t mode,
					      struct path *parent)
{
	struct dentry *dentry;
	int err;

	dentry = start_creating_path(AT_FDCWD, name, parent, 0);
	if (IS_ERR(dentry))
		return dentry;
	mode = S_IFSOCK | (mode & ~current_umask());
	err = security_path_mknod(parent, dentry, mode, 0);
	if (!err)
		err = vfs_mknod(mnt_idmap(parent->mnt), d_inode(parent->dentry),
				dentry, mode, 0, NULL);
	if (err) {
		end_creating_path(parent, dentry);
		return ERR_PTR(err);
	}
	return dentry;
}

/* Members, each a reference. */
void ipn_helper_created_path(const struct path *parent, struct dentry *dentry,
			     struct path *path)
{
	path->mnt = mntget(parent->mnt);
	path->dentry = dget(dentry);
}

void ipn_helper_finish_create(const struct path *parent, struct dentry *dentry)
{
	end_creating_path(parent, dentry);
}

void ipn_helper_abort_create(const struct path *parent, struct dentry *dentry)
{
	vfs_unlink(mnt_idmap(parent->mnt), d_inode(parent->dentry), dentry, NULL);
	end_creating_path(parent, dentry);
}

int ipn_helper_lookup(const char *name, struct path *path)
{
	return kern_path(name, LOOKUP_FOLLOW, path);
}

/* Waits for those who are making this name. The lock is an inline function. */
void ipn_helper_path_settle(const struct path *path)
{
	struct dentry *parent = dget_parent(path->dentry);

	inode_lock_shared(d_inode(parent));
	inode_unlock_shared(d_inode(parent));
	dput(parent);
}

bool ipn_helper_path_is_socket(const struct path *path)
{
	return S_ISSOCK(d_backing_inode(path->dentry)->i_mode);
}

int ipn_helper_path_permission(const struct path *path, int mask)
{
	return path_permission(path, mask);
}

struct inode *ipn_helper_path_inode(const struct path *path)
{
	return d_backing_inode(path->dentry);
}

void ipn_helper_touch_atime(const struct path *path)
{
	touch_atime(path);
}

int ipn_helper_file_numbers(const struct path *path,
			    struct ipn_file_numbers *numbers)
{
	struct kstat stat;
	int err;

	/* what stat(2) tells, which need not be what the inode has */
	err = vfs_getattr_nosec(path, &stat, STATX_INO, AT_STATX_DONT_SYNC);
	if (err)
		return err;
	numbers->major = MAJOR(stat.dev);
	numbers->minor = MINOR(stat.dev);
	numbers->inode = stat.ino;
	return 0;
}

#define IPN_ESCAPED " \t\n\\"

/*
 * Writes a path as the caller sees it, escaped as seq_path() does: how long it is,
 * or an error. It is moved there from the end of the room, where d_path() puts it.
 */
int ipn_helper_path_text(const struct path *path, char *to, int room)
{
	char c, *end = to, *text;

	/* a task that ends closes its sockets when it sees nothing any more: do_exit() */
	if (!current->fs)
		return -ENOENT;
	text = d_path(path, to, room);
	if (IS_ERR(text))
		return PTR_ERR(text);
	while ((c = *text++)) {
		bool escaped = strchr(IPN_ESCAPED, c);

		if (escaped && text - end < 4)
			return -ENAMETOOLONG;
		*end++ = escaped ? '\\' : c;
		for (int shift = 6; escaped && shift >= 0; shift -= 3)
			*end++ = '0' + ((c >> shift) & 7);
	}
	return end - to;
}

void ipn_helper_seq_path(struct seq_file *m, const struct path *path)
{
	seq_path(m, path, IPN_ESCAPED);
}

unsigned long ipn_helper_inode_number(const struct path *path)
{
	return d_backing_inode(path->dentry)->i_ino;
}
