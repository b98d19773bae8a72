namespace DistEmbed.Process.Tests.Deploy;

/// <summary><c>deploy/dev/up.sh</c> with pretended executables: what it starts, how it ends, and that nothing stays.</summary>
public sealed class UpScriptTests : IDisposable
{
    private readonly PretendedCheckout _checkout = new();

    public void Dispose() => _checkout.Dispose();

    [UnixFact]
    public async Task It_starts_every_process_and_submits_the_job_in_this_shape()
    {
        Ended ended = (await _checkout.UpAsync("toy.json --workers 2 --servers=2 --shards 4 --set seed=5 --set name='a b' --run-dir out/run")).Expect(0);
        string run = _checkout.In("work/out/run");
        Assert.Contains("step 1", ended.Output, StringComparison.Ordinal);
        Assert.Contains($"run directory: {run}\ntableHash: cafe01\n", ended.Output, StringComparison.Ordinal);
        Assert.Equal(["checkpoints", "logs", "result.json"], Directory.GetFileSystemEntries(run).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(10, Directory.GetFiles(Path.Combine(run, "logs")).Length);
        Assert.Equal("distembed submit toy.json --here --address 127.0.0.1:4998 --set seed=5 --set name=a b --set cluster.workers=2 --set cluster.servers=2 --set cluster.shards=4 --follow", _checkout.Call("submit"));
        Assert.StartsWith("distembed serve --name coordinator --port 0 ", _checkout.Call("coordinator"), StringComparison.Ordinal);
        Assert.StartsWith("distembed-ps --seed 127.0.0.1:4999 --name server-2 --row-port 0 ", _checkout.Call("server-2"), StringComparison.Ordinal);
        Assert.StartsWith("distembed-worker --seed 127.0.0.1:4999 --name worker-2 ", _checkout.Call("worker-2"), StringComparison.Ordinal);
        Assert.False(_checkout.Noted("worker-3.call"));
        foreach (string name in new[] { "coordinator", "server-1", "server-2", "worker-1", "worker-2" })
        {
            Assert.True(_checkout.Noted($"{name}.ended"), $"{name} was not asked to end");
            Assert.Contains("--host 127.0.0.1 --cluster-port 0", _checkout.Call(name), StringComparison.Ordinal);
        }

        _checkout.AssertNothingLeft();
    }

    [UnixFact]
    public async Task Runs_without_a_place_get_the_next_free_one()
    {
        (await _checkout.UpAsync("toy.json --workers 1")).Expect(0);
        (await _checkout.UpAsync("toy.json --workers 1")).Expect(0);
        Assert.True(File.Exists(_checkout.In("work/runs/toy-1/result.json")));
        Assert.True(File.Exists(_checkout.In("work/runs/toy-2/result.json")));
        Assert.Equal(2, Directory.GetFileSystemEntries(_checkout.In("work/runs")).Length);
    }

    [UnixFact]
    public async Task It_ends_with_the_exit_code_of_the_job()
    {
        foreach (int code in new[] { 3, 4 })
        {
            _checkout.Order("exit", $"{code}");
            (await _checkout.UpAsync($"toy.json --workers 1 --run-dir run-{code}")).Expect(code);
            _checkout.AssertNothingLeft();
        }

        _checkout.Order("refuse");
        Ended refused = (await _checkout.UpAsync("toy.json --workers 1 --run-dir refused")).Expect(2);
        Assert.Contains("error: job", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_checkout.In("work/refused")), "a refused job leaves a run directory");
    }

    [UnixFact]
    public async Task A_process_that_dies_before_it_is_ready_ends_it_with_its_last_lines()
    {
        foreach (string name in new[] { "coordinator", "server-1", "worker-2" })
        {
            _checkout.Order($"{name}.dies");
            Ended ended = (await _checkout.UpAsync($"toy.json --workers 2 --run-dir {name}")).Expect(3);
            Assert.Contains($"{name} has no memory left", ended.Error, StringComparison.Ordinal);
            Assert.Contains($"error: {name} ended early, with exit code 7.", ended.Error, StringComparison.Ordinal);
            Assert.Contains($"logs: {_checkout.In($"work/{name}/logs")}", ended.Error, StringComparison.Ordinal);
            Assert.True(File.Exists(_checkout.In($"work/{name}/logs/{name}.err")));
            _checkout.Revoke($"{name}.dies");
            _checkout.AssertNothingLeft();
        }
    }

    [UnixFact]
    public async Task It_submits_only_when_every_process_is_ready()
    {
        _checkout.Order("worker-1.slow");
        using DistEmbedProcess up = _checkout.Up("toy.json --workers 2 --run-dir run");
        await up.WaitUntilAsync(() => _checkout.Started("worker-1") && _checkout.Started("worker-2"), "the workers");
        Assert.False(_checkout.Started("submit"));
        up.Interrupt();
        (await up.EndAsync()).Expect(4);
        Assert.False(_checkout.Started("submit"));
        _checkout.AssertNothingLeft();
    }

    [UnixFact]
    public async Task A_lost_worker_is_reported_and_the_job_goes_on_but_not_without_any()
    {
        _checkout.Order("hold");
        using DistEmbedProcess up = _checkout.Up("toy.json --workers 2 --run-dir run");
        await up.WaitUntilAsync(() => _checkout.Started("submit"), "the job");
        _checkout.Order("worker-1.dies");
        await up.WaitUntilAsync(() => up.ToString().Contains("error: worker-1 ended early", StringComparison.Ordinal), "word of the lost worker");
        _checkout.Order("worker-2.dies");
        Ended ended = (await up.EndAsync()).Expect(3);
        Assert.Contains("error: no worker is left", ended.Error, StringComparison.Ordinal);
        Assert.Single(ended.ErrorLines, line => line == "error: worker-1 ended early, with exit code 7.");
        _checkout.AssertNothingLeft();
    }

    [UnixFact]
    public Task Interrupted_it_stops_the_job_with_a_checkpoint() => StoppedAsync(up => up.Interrupt());

    [UnixFact]
    public Task Terminated_it_stops_the_job_with_a_checkpoint() => StoppedAsync(up => up.Terminate());

    [UnixFact]
    public async Task Interrupted_while_it_ends_it_kills_what_does_not()
    {
        _checkout.Order("worker-1.stays");
        using DistEmbedProcess up = _checkout.Up("toy.json --workers 1 --run-dir run");
        await up.WaitUntilAsync(() => _checkout.Noted("coordinator.ended"), "the end of the coordinator");
        up.Interrupt();
        await up.EndAsync();
        Assert.False(_checkout.Noted("worker-1.ended"));
        _checkout.AssertNothingLeft();
    }

    [UnixFact]
    public async Task Killed_it_takes_its_processes_along()
    {
        if (!Checkout.Has("setpriv"))
            return; // nothing else tells a process that its parent is gone
        _checkout.Order("hold");
        using DistEmbedProcess up = _checkout.Up("toy.json --workers 2 --run-dir run");
        await up.WaitUntilAsync(() => _checkout.Started("submit"), "the job");
        up.Kill();
        await _checkout.WaitUntilNothingLivesAsync();
    }

    [UnixFact]
    public async Task Missing_executables_are_built_and_built_ones_with_build()
    {
        using var bare = new PretendedCheckout(built: false);
        (await bare.UpAsync("toy.json --workers 1")).Expect(0);
        Assert.Contains("/Coordinator -c Release", File.ReadAllText(bare.In("notes/build")), StringComparison.Ordinal);
        (await _checkout.UpAsync("toy.json --workers 1")).Expect(0);
        Assert.False(_checkout.Noted("build"));
        (await _checkout.UpAsync("toy.json --workers 1 --build")).Expect(0);
        Assert.True(_checkout.Noted("build"));
    }

    [UnixFact]
    public async Task Wrong_arguments_are_refused_before_anything_starts()
    {
        Directory.CreateDirectory(_checkout.In("work/taken/by"));
        foreach ((string arguments, string said) in new[]
        {
            ("toy.json --wrokers 2", "no option '--wrokers'"), ("", "the job is missing"), ("nix.json", "no job file 'nix.json'"), ("toy.json --workers", "--workers needs a value"),
            ("toy.json --shards 0", "from 1, not '0'"), ("toy.json more.json", "one job at a time"), ("toy.json --run-dir taken", "'taken' exists"),
        })
        {
            Ended ended = (await _checkout.UpAsync(arguments)).Expect(2);
            Assert.Contains(said, Assert.Single(ended.ErrorLines, line => line.StartsWith("error: ", StringComparison.Ordinal)), StringComparison.Ordinal);
        }

        Assert.Contains("--run-dir DIR", (await _checkout.UpAsync("--help")).Expect(0).Output, StringComparison.Ordinal);
        Assert.False(_checkout.Started("coordinator"));
        _checkout.AssertNothingLeft();
    }

    private async Task StoppedAsync(Action<DistEmbedProcess> stop)
    {
        _checkout.Order("hold");
        using DistEmbedProcess up = _checkout.Up("toy.json --workers 2 --run-dir run");
        await up.WaitUntilAsync(() => up.ToString().Contains("step 1", StringComparison.Ordinal), "progress");
        stop(up);
        Ended ended = (await up.EndAsync()).Expect(4);
        Assert.Contains("stopping with a checkpoint", ended.Error, StringComparison.Ordinal);
        Assert.Contains("tableHash: cafe01", ended.Output, StringComparison.Ordinal);
        Assert.False(_checkout.Noted("coordinator.interrupted"));
        _checkout.AssertNothingLeft();
    }
}
