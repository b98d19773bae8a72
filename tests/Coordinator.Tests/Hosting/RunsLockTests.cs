using DistEmbed.Coordinator.Hosting;
using DistEmbed.Protocol;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Hosting;

public sealed class RunsLockTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Runs => _folder.Path;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_has_the_lock_and_people_are_told_who()
    {
        using (RunsLock first = RunsLock.TryTake(Runs, "c-1", "10.0.0.5:4100")!)
        {
            Assert.Null(RunsLock.TryTake(Runs, "c-2", "10.0.0.6:4100"));
            Assert.Equal($"c-1 at 10.0.0.5:4100 (process {Environment.ProcessId} on {Environment.MachineName})", RunsLock.HolderOf(Runs));
            Assert.True(first.IsKept);
            Assert.True(RunsLock.IsTaken(Runs));
            Assert.False(first.IsLost);
        }

        Assert.False(RunsLock.IsTaken(Runs));
        Assert.Equal("another process", RunsLock.HolderOf(Runs));
        using RunsLock? second = RunsLock.TryTake(Runs, "c-2", "10.0.0.6:4100");
        Assert.NotNull(second);
    }

    [Fact]
    public void Whoever_finds_another_name_has_lost_the_lock_and_leaves_that_name_alone()
    {
        string holder = _folder.In(RunsLock.HolderName);
        using RunsLock first = RunsLock.TryTake(Runs, "c-1", "10.0.0.5:4100")!;
        File.WriteAllText(holder, File.ReadAllText(holder).Replace("c-1", "c-2", StringComparison.Ordinal));

        Assert.True(first.IsLost);
        first.Dispose();

        Assert.True(File.Exists(holder));
    }

    [Fact]
    public void A_folder_that_cannot_be_used_is_the_users_error()
    {
        string file = _folder.In("file");
        File.WriteAllText(file, "");
        InputError error = Assert.Single(Assert.Throws<InvalidInputException>(() => RunsLock.Check(Path.Combine(file, "runs"))).Errors);
        Assert.Equal("--runs", error.Where);
        RunsLock.Check(_folder.In("new", "runs"));
    }

    [Fact]
    public async Task A_turn_begins_when_the_one_before_has_given_the_lock_back()
    {
        RunsLock before = RunsLock.TryTake(Runs, "c-1", "10.0.0.5:4100")!;
        var waits = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var turn = new CoordinatorTurn(Runs, "c-2", "10.0.0.6:4100", _ => { }, begun.SetException);
        turn.Begin(awaited => waits.TrySetResult(awaited ?? "nothing"), begun.SetResult);

        Assert.Contains("c-1 at 10.0.0.5:4100", await waits.Task.WaitAsync(Wait.Deadline), StringComparison.Ordinal);
        Assert.False(begun.Task.IsCompleted);
        before.Dispose();
        await begun.Task.WaitAsync(Wait.Deadline);

        Assert.Null(RunsLock.TryTake(Runs, "c-3", "10.0.0.7:4100"));
        turn.Release();
        RunsLock.TryTake(Runs, "c-3", "10.0.0.7:4100")!.Dispose();
    }

    [Fact]
    public async Task A_turn_that_does_not_get_the_lock_fails_and_says_who_has_it()
    {
        using RunsLock before = RunsLock.TryTake(Runs, "c-1", "10.0.0.5:4100")!;
        var failed = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var turn = new CoordinatorTurn(Runs, "c-2", "10.0.0.6:4100", _ => { }, failed.SetResult, patience: TimeSpan.Zero);
        turn.Begin(_ => { }, () => failed.SetException(new InvalidOperationException("it began")));

        string message = (await failed.Task.WaitAsync(Wait.Deadline)).Message;

        Assert.All(["c-1 at 10.0.0.5:4100", "--runs", "--seed"], part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_turn_that_is_over_before_it_had_the_lock_does_not_begin()
    {
        RunsLock before = RunsLock.TryTake(Runs, "c-1", "10.0.0.5:4100")!;
        var waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int began = 0;
        var turn = new CoordinatorTurn(Runs, "c-2", "10.0.0.6:4100", _ => { }, _ => began++);
        turn.Begin(_ => waits.TrySetResult(), () => began++);
        await waits.Task.WaitAsync(Wait.Deadline);
        turn.Over();
        before.Dispose();

        await turn.DisposeAsync();

        Assert.Equal(0, began);
        RunsLock.TryTake(Runs, "c-3", "10.0.0.7:4100")!.Dispose();
    }

    [Fact]
    public async Task A_turn_whose_lock_was_given_away_fails()
    {
        var failed = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var turn = new CoordinatorTurn(Runs, "c-1", "10.0.0.5:4100", _ => { }, failed.SetResult);
        turn.Begin(_ => { }, begun.SetResult);
        await begun.Task.WaitAsync(Wait.Deadline);
        string holder = _folder.In(RunsLock.HolderName);
        File.WriteAllText(holder, File.ReadAllText(holder).Replace("c-1", "c-2", StringComparison.Ordinal));

        Assert.Contains("c-2 at 10.0.0.5:4100", (await failed.Task.WaitAsync(Wait.Deadline)).Message, StringComparison.Ordinal);
    }
}
