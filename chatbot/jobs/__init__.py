"""Background work: what `chatbot.services.jobs.Jobs` promises, and the processes that keep it.

    bot process                          worker process (any number)       child process
    DbosJobs --- jobs.sqlite ----------- run_worker                        run_in_child
    Supervisor --- starts, watches ----> JobRunner -> Task -> Step ------> heavy function

Words: a *task* can run, a *job* is one run of it, a *step* is what is not repeated once it is
finished. A *worker* holds a *claim*, a lock on its own id, for as long as it lives; a job whose
worker lost its claim is an *orphan* and is taken over by the next worker that looks, within a
second or two. A *verdict* is how a job ended. POSIX systems only (file locks, process groups).
"""
