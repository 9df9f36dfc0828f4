wrk.method = "POST"
wrk.body = string.rep("x", 1024)
wrk.headers["Prefer"] = "respond-async"
