using System.Text.Json;
using DistEmbed.Coordinator.Cli;
using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Tests.Grpc;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Measures;
using DistEmbed.Protocol.Messages;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Cli;

/// <summary>Runs alone, as every test that takes the console; needs no trained run.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class DoorConsoleCollection
{
    public const string Name = "door console";
}

[Collection(DoorConsoleCollection.Name)]
public sealed class DoorCommandTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private OpenDoor _open = null!;

    public async Task InitializeAsync()
    {
        _open = await OpenDoor.Start();
        File.WriteAllText(In("job.json"), "{ \"name\": \"kim\" }");
    }

    public async Task DisposeAsync()
    {
        await _open.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Commands_do_what_they_say()
    {
        Assert.Equal("Paused: step 41 is granted to nobody.\n", await Output("pause"));
        Assert.Equal("Goes on from step 41.\n", await Output("resume"));
        Assert.Equal("embedding is frozen from step 41.\n", await Output("freeze", "embedding"));
        Assert.Equal("embedding is tuned from step 41.\n", await Output("thaw", "embedding"));
        Assert.Equal("conv2 has learning rate 0.05 from step 41.\n", await Output("lr", "conv2", "0.05"));
        Assert.Equal("A checkpoint of step 41 will be committed.\n", await Output("checkpoint"));
        Assert.Equal("w-1 is draining.\n", await Output("drain", "w-1"));
        Assert.Equal("Stops; the last step is 41.\n", await Output("stop"));
        Assert.Equal([typeof(PauseRun), typeof(ResumeRun), typeof(ChangeGroup), typeof(ChangeGroup), typeof(ChangeGroup), typeof(TakeCheckpoint)], _open.Control.Asked[..6].Select(a => a.GetType()));
        Assert.Equal([true, false, null], _open.Control.Asked[2..5].Select(a => ((ChangeGroup)a).Frozen));
        Assert.Equal("w-1", ((ValueTuple<string, string>)_open.Control.Asked[6]).Item1);
        Assert.IsType<StopRun>(_open.Control.Asked[7]);
    }

    [Fact]
    public async Task Status_is_for_people_or_for_programs()
    {
        _open.Control.Status = () => Statuses.Training;
        Assert.Equal(string.Concat(ClusterView.Lines(Statuses.Training).Select(l => l.Text + "\n")), await Output("status"));
        JsonElement json = JsonDocument.Parse(await Output("status", "--json")).RootElement;
        Assert.Equal(("running", 40, "server"), (json.GetProperty("state").GetString(), json.GetProperty("run").GetProperty("step").GetInt32(), json.GetProperty("nodes")[1].GetProperty("role").GetString()));
    }

    [Fact]
    public async Task Files_are_listed_and_downloaded()
    {
        Random.Shared.NextBytes(_open.Control.Files["checkpoints/step-5/shard-0"]);
        Assert.Equal(["result.json 2", "empty 0", "checkpoints/step-5/shard-0 200000"], (await Output("artifacts", "kim-1")).Trim().Split('\n').Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
        await Output("download", "kim-1", "checkpoints/step-5/shard-0", "--output", In("shard"));
        Assert.Equal(_open.Control.Files["checkpoints/step-5/shard-0"], File.ReadAllBytes(In("shard")));
        await Refusal(["download", "kim-1", "empty", "--output", In("shard")], "exists already", "--force");
        await Output("download", "kim-1", "empty", "--output", In("shard"), "--force");
        Assert.Empty(File.ReadAllBytes(In("shard")));
        await Refusal(["download", "kim-1", "gone", "--output", In("gone")], "has no file 'gone'");
        await Refusal(["download", "kim-2", "gone", "--output", In("gone")], "no run 'kim-2'");
        Assert.False(File.Exists(In("gone")));
    }

    [Fact]
    public async Task Every_refusal_is_a_line_and_exit_code_2()
    {
        _open.Control.Failure = new CommandRefusedException("No job is running.");
        await Refusal(["pause"], $"error: {_open.Address}: No job is running.");
        _open.Control.Failure = new InvalidInputException([new InputError("training.batch", "is 0.", "Give at least 1."), new InputError("seed", "is -1.", "Give 0 or more.")]);
        (int code, string output, string errors) = await Run("submit", In("job.json"));
        Assert.Equal((ExitCode.BadInput, "", "error: training.batch: is 0. Give at least 1.\nerror: seed: is -1. Give 0 or more.\n"), (code, output, errors));
        await Refusal(["submit", In("gone.json")], "gone.json", "there is no such job file");
        await Refusal(["lr", "embedding", "fast"], "'fast' is no learning rate");
        await Shell.RefusalOf(["status", "--address", "nowhere"], "'nowhere' is no address");
        await Shell.RefusalOf(["status", "--token-file", In("gone")], "--token-file", "gone");
        await Shell.RefusalOf(["status", "--tls-certificate", In("gone")], "--tls-authority: is missing");
    }

    [Fact]
    public async Task The_token_comes_from_a_file()
    {
        await using OpenDoor locked = await OpenDoor.Start("open-sesame");
        File.WriteAllText(In("token"), "open-sesame\n");
        await Shell.OutputOf("status", "--address", locked.Address, "--token-file", In("token"));
        await Shell.RefusalOf(["status", "--address", locked.Address], "asks for a token: give --token-file");
        File.WriteAllText(In("token"), "other");
        await Shell.RefusalOf(["status", "--address", locked.Address, "--token-file", In("token")], "The token is not the coordinator's");
    }

    [Fact]
    public async Task Where_nobody_answers_the_exit_code_is_3()
    {
        await _open.Door.DisposeAsync();
        (int code, _, string errors) = await Run("status");
        Assert.Equal(ExitCode.Failed, code);
        Assert.StartsWith($"error: no coordinator answers at {_open.Address}: Connection refused", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_writes_lines_where_there_is_no_terminal_until_the_coordinator_ends()
    {
        _open.Control.Status = () => Statuses.Training;
        Task<(int Code, string Output, string Errors)> watching = Run("watch");
        await AskedAsync(_open, 2);
        await _open.Door.DisposeAsync();
        (int code, string output, string errors) = await watching;
        Assert.Equal(ExitCode.Failed, code);
        Assert.StartsWith(ClusterLine.Of(Statuses.Training) + "\n", output, StringComparison.Ordinal);
        Assert.StartsWith("error: no coordinator answers", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("done", null, ExitCode.Done, "kim-1 done. tableHash abc123")]
    [InlineData("interrupted", null, ExitCode.Interrupted, "--run-dir kim-1")]
    [InlineData("failed", "the disk is full", ExitCode.Failed, "error: kim-1 failed: the disk is full")]
    public async Task Submit_follows_a_job_to_its_end(string status, string? error, int expected, string said)
    {
        _open.Control.Status = () => _open.Control.StatusCalls < 3 ? Statuses.Training : Statuses.Ended(status, error);
        (int code, string output, string errors) = await Run("submit", In("job.json"), "--set", "a=1", "--run-dir", "kim-1", "--follow");
        Assert.Equal(expected, code);
        Assert.StartsWith($"kim-1\n{ClusterLine.Of(Statuses.Training)}\n", output, StringComparison.Ordinal);
        Assert.Contains(said, output + errors, StringComparison.Ordinal);
        (string job, string settings, string? run, _) = Assert.Single(_open.Control.Asked.OfType<(string, string, string?, string)>());
        Assert.Equal(("{ \"name\": \"kim\" }", "a=1", "kim-1"), (job, settings, run));
    }

    [Fact]
    public async Task A_followed_job_ends_with_the_scores_that_train_prints()
    {
        var part = new PartResult(Scores.OfAccuracy(0.75), 0.5, 100);
        RunResult stage = new()
        {
            Status = RunStatus.Done,
            Steps = 40,
            Epochs = 2,
            Seconds = 3,
            ExamplesPerSecond = 1234,
            WordsPerSecond = 5,
            WeightsStep = 20,
            Dev = part,
            Test = part,
            TableHash = new string('a', 64),
            Tables = new Dictionary<string, string>(),
            RowsPulled = 0,
            RowsPushed = 0,
            BytesPulled = 0,
            BytesPushed = 0,
            Pushes = new PushCounts(0, 0, new Dictionary<string, long>()),
        };
        (stage with { Stages = new Dictionary<string, RunResult> { ["one"] = stage, ["two"] = stage } }).Write(In("result.json"));
        _open.Control.Files["result.json"] = File.ReadAllBytes(In("result.json"));
        _open.Control.Files["job.json"] = """
            { "name": "kim", "data": { "format": "labelled-lines", "train": "a" }, "stages": [{ "name": "one" }, { "name": "two" }] }
            """u8.ToArray();
        _open.Control.Status = () => Statuses.Ended("done", null);
        (int code, string output, string errors) = await Run("submit", In("job.json"), "--run-dir", "kim-1", "--follow");

        Assert.Equal((ExitCode.Done, ""), (code, errors));
        string line = "Done after 40 steps, 3.0 s, 1,234 examples/s, test accuracy 75.00 % (weights of step 20). tableHash aaaaaaaaaaaaaaaa";
        Assert.Contains($"kim-1\none: {line}\ntwo: {line}\nAccuracy (± one standard error)\n", output, StringComparison.Ordinal);
        Assert.EndsWith("kim-1 done. tableHash abc123\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_followed_job_that_is_to_stop_is_followed_to_its_end()
    {
        _open.Control.Status = () => _open.Control.Asked.OfType<StopRun>().Any() ? Statuses.Ended("interrupted", null) : Statuses.Training;
        using DoorClient client = _open.Client();
        using var stop = new CancellationTokenSource();
        Task<int> following = new FollowedJob(client, "kim-1", TimeSpan.FromMinutes(1)).RunAsync(stop.Token);
        await AskedAsync(_open, 2);
        await stop.CancelAsync();
        Assert.Equal(ExitCode.Interrupted, await following);
        Assert.Single(_open.Control.Asked.OfType<StopRun>());
    }

    [Fact]
    public async Task A_followed_job_whose_coordinator_is_gone_fails_when_patience_ends()
    {
        using DoorClient client = _open.Client();
        IOException unknown = await Assert.ThrowsAsync<IOException>(() => new FollowedJob(client, "kim-1", TimeSpan.Zero).RunAsync(default));
        Assert.Contains("does not know the run kim-1", unknown.Message, StringComparison.Ordinal);
        await _open.Door.DisposeAsync();
        IOException gone = await Assert.ThrowsAsync<IOException>(() => new FollowedJob(client, "kim-1", TimeSpan.Zero).RunAsync(default));
        Assert.Contains("no coordinator answers", gone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_stands_by_says_so_and_of_several_the_active_one_is_found()
    {
        await using OpenDoor second = await OpenDoor.Start();
        _open.Control.Failure = new StandsByException("this coordinator stands by; the active one is c-2.");
        await Refusal(["status"], $"error: {_open.Address}: this coordinator stands by; the active one is c-2.");

        Assert.Equal("Paused: step 41 is granted to nobody.\n", await Shell.OutputOf("pause", "--address", $"127.0.0.1:1,{_open.Address}", "--address", second.Address));
        Assert.IsType<PauseRun>(Assert.Single(second.Control.Asked));

        second.Control.Failure = new StandsByException("this coordinator stands by, too.");
        (int code, _, string errors) = await Shell.RunAsync(["status", "--address", $"127.0.0.1:1,{_open.Address},{second.Address}"]);
        Assert.Equal(ExitCode.Failed, code);
        Assert.All(["no coordinator is active", "127.0.0.1:1: Connection refused", $"{_open.Address}: this coordinator stands by", $"{second.Address}: this coordinator stands by, too"], part => Assert.Contains(part, errors, StringComparison.Ordinal));
        second.Control.Failure = new CommandRefusedException("No.");
        await Shell.RefusalOf(["status", "--address", $"{_open.Address},{second.Address}"], $"error: {second.Address}: No.");
        await Shell.RefusalOf(["status", "--address", $"{_open.Address},"], "'' is no address");
    }

    [Fact]
    public async Task A_followed_job_that_is_handed_over_is_followed_at_the_next_coordinator()
    {
        await using OpenDoor second = await OpenDoor.Start();
        second.Control.Failure = new StandsByException("this coordinator stands by.");
        _open.Control.Status = () => Statuses.Training;
        using var client = new DoorClient([_open.Address, second.Address], null, null);
        Task<int> following = new FollowedJob(client, "kim-1", TimeSpan.FromMinutes(1)).RunAsync(default);
        await AskedAsync(_open, 2);
        _open.Control.Status = () => Statuses.Ended("handed-over", null);
        int calls = _open.Control.StatusCalls;
        await AskedAsync(_open, calls + 2);
        Assert.False(following.IsCompleted);
        // One that was cut off has an actor that answers no more.
        _open.Control.Failure = new TimeoutException();
        calls = _open.Control.StatusCalls;
        await AskedAsync(_open, calls + 2);
        Assert.False(following.IsCompleted);
        second.Control.Status = () => Statuses.Ended("done", null);
        second.Control.Failure = null;
        await _open.Door.DisposeAsync();

        Assert.Equal(ExitCode.Done, await following);
    }

    [Fact]
    public async Task Watch_goes_on_at_the_next_coordinator()
    {
        await using OpenDoor second = await OpenDoor.Start();
        second.Control.Failure = new StandsByException("this coordinator stands by.");
        _open.Control.Status = () => Statuses.Training;
        Task<(int Code, string Output, string Errors)> watching = Shell.RunAsync(["watch", "--address", $"{_open.Address},{second.Address}"]);
        await AskedAsync(_open, 2);
        second.Control.Failure = null;
        await _open.Door.DisposeAsync();
        await AskedAsync(second, 3);
        second.Control.Failure = new CommandRefusedException("Enough.");
        (int code, string output, string errors) = await watching;

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("Enough.", errors, StringComparison.Ordinal);
        Assert.Contains(ClusterLine.Of(Statuses.Training) + "\n" + ClusterLine.Of(Statuses.Idle) + "\n", output, StringComparison.Ordinal);
    }

    /// <summary>Waits until a door was asked for the status so many times.</summary>
    private static Task AskedAsync(OpenDoor door, int times) =>
        Wait.UntilAsync(() => door.Control.StatusCalls >= times, $"{times} questions for the status", () => $"{door.Control.StatusCalls} questions");

    private string In(string name) => _folder.In(name);

    private Task<(int Code, string Output, string Errors)> Run(params string[] arguments) => Shell.RunAsync([.. arguments, "--address", _open.Address]);

    private Task<string> Output(params string[] arguments) => Shell.OutputOf([.. arguments, "--address", _open.Address]);

    private Task<string> Refusal(string[] arguments, params string[] parts) => Shell.RefusalOf([.. arguments, "--address", _open.Address], parts);
}
