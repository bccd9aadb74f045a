-- The first page of the jobs in progress.
wrk.path = "/api/v1/interventions?limit=50&statut=en_cours"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")

-- Answers, those that are no success, seconds, p50 and p99 in microseconds.
function done(summary, latency)
    local e = summary.errors
    io.write(string.format("result %d %d %.3f %d %d\n", summary.requests, e.status + e.connect + e.read + e.write + e.timeout,
        summary.duration / 1e6, latency:percentile(50), latency:percentile(99)))
end
