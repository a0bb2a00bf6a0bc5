// Functions of the kernel in which a thread waits at a pipe for whoever reads or writes it (fs/pipe.c); one function for both before Linux 5.5.
// In base, as capture follows a wait by them where the system call is not shown, and analysis tells by them what a victim waited for.

/** A full pipe's writer waits for its reader. */
export const FOR_READER = /^((anon_|fifo_)?pipe_write|pipe_wait)$/;
/** An empty pipe's reader waits for its writer. */
export const FOR_WRITER = /^((anon_|fifo_)?pipe_read|pipe_wait)$/;
