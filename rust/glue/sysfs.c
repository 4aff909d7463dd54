// SPDX-License-Identifier: GPL-2.0
/*
 * Directories in /sys/kernel/ipn, for rust/glue/sysfs.rs. Each is a named group of
 * attributes of one kobject, and its memory is ours: when sysfs has removed
 * the group no task is in our functions any more, and nothing is released later.
 */
#include <linux/capability.h>
#include <linux/cleanup.h>
#include <linux/cred.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/mutex.h>
#include <linux/namei.h>
#include <linux/nsproxy.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <net/net_namespace.h>

#include "helpers.h"

struct ipn_value {
	struct kobj_attribute file;
	struct ipn_directory *directory;
};

struct ipn_directory {
	struct attribute_group group;
	void *network;
	struct ipn_value values[IPN_VALUES_MAX];
	struct attribute *value_files[IPN_VALUES_MAX + 1];
	const struct bin_attribute *other_files[3];
	/* MAJOR:MINOR:INODE */
	char name[10 + 1 + 10 + 1 + 20 + 1];
};

static struct kobject *ipn_root;

/* what every directory has */
static struct ipn_file_names ipn_names;

/* one directory is made at a time */
static DEFINE_MUTEX(ipn_making);

static ssize_t ipn_value_show(struct kobject *kobj, struct kobj_attribute *file,
			      char *to)
{
	struct ipn_value *value = container_of(file, struct ipn_value, file);
	struct ipn_directory *directory = value->directory;

	/* sysfs warns of a whole page */
	return ipn_rust_sysfs_value(directory->network, value - directory->values,
				    to, PAGE_SIZE - 1);
}

static ssize_t ipn_list_read(struct file *file, struct kobject *kobj,
			     const struct bin_attribute *attr, char *to,
			     loff_t from, size_t room)
{
	return ipn_rust_sysfs_list(attr->private, to, from, room);
}

static ssize_t ipn_commands_write(struct file *file, struct kobject *kobj,
				  const struct bin_attribute *attr, char *text,
				  loff_t at, size_t len)
{
	return ipn_rust_sysfs_command(attr->private, file, text, len);
}

static bool ipn_name_is_taken(const char *name)
{
	struct kernfs_node *found = kernfs_find_and_get(ipn_root->sd, name);

	kernfs_put(found);
	return found;
}

#ifdef CONFIG_DEBUG_LOCK_ALLOC
static struct lock_class_key ipn_list_key;

#define IPN_LIST_LOCKDEP .key = &ipn_list_key
/* what it may take is said in src/network/mod.rs */
#define IPN_COMMANDS_LOCKDEP .ignore_lockdep = true
#else
#define IPN_LIST_LOCKDEP
#define IPN_COMMANDS_LOCKDEP
#endif

static void ipn_fill_values(struct ipn_directory *directory)
{
	const char *const *names = ipn_names.values;
	unsigned int i;

	for (i = 0; i < IPN_VALUES_MAX && names[i]; i++) {
		struct ipn_value *value = &directory->values[i];

		sysfs_attr_init(&value->file.attr);
		value->file.attr.name = names[i];
		value->file.attr.mode = 0444;
		value->file.show = ipn_value_show;
		value->directory = directory;
		directory->value_files[i] = &value->file.attr;
	}
}

static int ipn_fill_others(struct ipn_directory *directory)
{
	const struct bin_attribute list = {
		.attr = { .name = ipn_names.list, .mode = 0444, IPN_LIST_LOCKDEP },
		.private = directory->network,
		.read = ipn_list_read,
	};
	const struct bin_attribute commands = {
		.attr = { .name = ipn_names.commands, .mode = 0200, IPN_COMMANDS_LOCKDEP },
		.private = directory->network,
		.write = ipn_commands_write,
	};
	const struct bin_attribute **files = directory->other_files;

	files[0] = kmemdup(&list, sizeof(list), GFP_KERNEL_ACCOUNT);
	files[1] = kmemdup(&commands, sizeof(commands), GFP_KERNEL_ACCOUNT);
	return files[0] && files[1] ? 0 : -ENOMEM;
}

static int ipn_publish(const struct ipn_directory *directory)
{
	guard(mutex)(&ipn_making);
	/* file systems may number two files alike; sysfs would warn */
	if (ipn_name_is_taken(directory->name))
		return -EADDRINUSE;
	return sysfs_create_group(ipn_root, &directory->group);
}

static void ipn_free(struct ipn_directory *directory)
{
	kfree(directory->other_files[0]);
	kfree(directory->other_files[1]);
	kfree(directory);
}

struct ipn_directory *ipn_helper_sysfs_add(const struct ipn_file_numbers *file,
					   void *network)
{
	struct ipn_directory *directory;
	int err;

	directory = kzalloc_obj(*directory, GFP_KERNEL_ACCOUNT);
	if (!directory)
		return ERR_PTR(-ENOMEM);
	directory->network = network;
	snprintf(directory->name, sizeof(directory->name), "%u:%u:%llu",
		 file->major, file->minor, file->inode);
	directory->group.name = directory->name;
	directory->group.attrs = directory->value_files;
	directory->group.bin_attrs = directory->other_files;
	ipn_fill_values(directory);
	err = ipn_fill_others(directory) ?: ipn_publish(directory);
	if (err) {
		ipn_free(directory);
		return ERR_PTR(err);
	}
	return directory;
}

void ipn_helper_sysfs_remove(struct ipn_directory *directory)
{
	sysfs_remove_group(ipn_root, &directory->group);
	ipn_free(directory);
}

int ipn_helper_sysfs_register(const struct ipn_file_names *names)
{
	struct kobject *root = kobject_create_and_add("ipn", kernel_kobj);

	/* the name was there: a second registration leaves the first alone */
	if (!root)
		return -ENOMEM;
	ipn_names = *names;
	ipn_root = root;
	return 0;
}

void ipn_helper_sysfs_unregister(void)
{
	/* the name is free at once, whenever the memory goes */
	kobject_del(ipn_root);
	kobject_put(ipn_root);
}

/*
 * Finds a file by its name as the caller would: from its root, with its rights
 * to search directories, in its mounts.
 */
int ipn_helper_path_from_here(const struct path *path, struct path *found)
{
	char *room __free(kfree) = kmalloc(PATH_MAX, GFP_KERNEL);
	char *name;
	int err;

	if (!room)
		return -ENOMEM;
	/* one that is outside the caller's root: from that of its mounts */
	name = d_path(path, room, PATH_MAX);
	err = IS_ERR(name) ? PTR_ERR(name) : kern_path(name, 0, found);
	if (err == -ENOENT || err == -ENOTDIR || err == -ELOOP ||
	    err == -ENAMETOOLONG)
		return -EACCES;
	if (!err && d_backing_inode(found->dentry) != d_backing_inode(path->dentry)) {
		path_put(found);
		return -EACCES;
	}
	return err;
}

bool ipn_helper_opener_net_admin(struct file *file)
{
	struct user_namespace *owner = current->nsproxy->net_ns->user_ns;

	return file_ns_capable(file, owner, CAP_NET_ADMIN) &&
	       ns_capable(owner, CAP_NET_ADMIN);
}
