namespace DistEmbed.Process.Tests.Cluster;

/// <summary>Three coordinators: whatever happens to one of them, another goes on, on the same bits, and never two at once.</summary>
public sealed class StandbyTests : IDisposable
{
    private readonly ToyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public async Task A_coordinator_that_stands_by_takes_over_from_a_killed_one()
    {
        using CoordinatorGroup group = await CoordinatorGroup.StartAsync(_folder);
        Ended refused = (await group.AskAsync(group.Addresses[1], "status")).Expect(2);
        Assert.Contains($"the active one is {group.Names[0]} at {group.Addresses[0]}", Assert.Single(refused.ErrorLines), StringComparison.Ordinal);
        bool[] active = await group.ActiveAsync(0, 1, 2);
        Assert.Equal([true, false, false], active);
        InProcessCommand job = await SubmitAsync(group, 90);
        group.Coordinators[0].Kill();
        await job.WaitUntilAsync(() => group.Coordinators[1].ToString().Contains("going on with toy-1", StringComparison.Ordinal), "take-over");
        await job.WaitUntilAsync(async () => await group.ActiveAsync(1, 2) is [true, false], "health of the second one");

        _folder.Hold.Release();
        (await job.EndAsync()).Expect(0);

        Uninterrupted.AssertSame(await Uninterrupted.ClassifierAsync(), group.Run());
        Assert.False(group.Server.HasEnded || group.Worker.HasEnded);
        Assert.DoesNotContain("joining again", $"{group.Server}{group.Worker}", StringComparison.Ordinal);
    }

    [UnixFact(isLong: true)]
    public async Task A_coordinator_that_is_told_to_end_hands_its_job_over_and_may_come_back()
    {
        using CoordinatorGroup group = await CoordinatorGroup.StartAsync(_folder);
        InProcessCommand job = await SubmitAsync(group, 60);
        group.Coordinators[0].Terminate();
        (await group.Coordinators[0].EndAsync()).Expect(4);
        await group.StartCoordinatorAsync(0);

        _folder.Hold.Release();
        (await job.EndAsync()).Expect(0);

        Uninterrupted.AssertSame(await Uninterrupted.ClassifierAsync(), group.Run());
        await group.StandByAsync(1, 2);
        Assert.Contains("is the active coordinator", (await group.AskAsync(group.Everywhere, "drain", group.Names[1])).Expect(2).Error, StringComparison.Ordinal);
        (await group.AskAsync(group.Everywhere, "drain", group.Names[2])).Expect(0);
        (await group.Coordinators[2].EndAsync()).Expect(0);
    }

    [UnixFact(isLong: true)]
    public async Task The_death_of_one_that_stands_by_disturbs_nothing()
    {
        using CoordinatorGroup group = await CoordinatorGroup.StartAsync(_folder);
        InProcessCommand job = await SubmitAsync(group, 60);
        group.Coordinators[1].Kill();
        _folder.Hold.Release();

        Ended ended = (await job.EndAsync()).Expect(0);

        Assert.DoesNotContain("Waiting", ended.Error, StringComparison.Ordinal);
        Uninterrupted.AssertSame(await Uninterrupted.ClassifierAsync(), group.Run());
        await group.StandByAsync(0, 1); // the dead one is out of the cluster, and nobody with it
    }

    [UnixFact(isLong: true)]
    public async Task A_coordinator_that_stands_still_and_comes_back_does_not_run_the_job_beside_another()
    {
        using CoordinatorGroup group = await CoordinatorGroup.StartAsync(_folder);
        InProcessCommand job = await SubmitAsync(group, 90);
        group.Coordinators[0].Pause();
        // The cluster has chosen the second; the first still has the lock of the runs, and may write as soon as it wakes.
        await job.WaitUntilAsync(() => group.Coordinators[1].ToString().Contains($"Waiting: {group.Names[0]}", StringComparison.Ordinal), "the second one's turn");
        int steps = group.LoggedSteps;
        Ended waits = (await group.AskAsync(group.Addresses[1], "status")).Expect(2);
        Assert.Contains($"is about to take over and waits: {group.Names[0]}", waits.Error, StringComparison.Ordinal);
        Assert.Equal(steps, group.LoggedSteps);
        group.Coordinators[0].Continue();
        await job.WaitUntilAsync(() => group.Coordinators[1].ToString().Contains("going on with toy-1", StringComparison.Ordinal), "take-over");

        Assert.Contains("error: ", (await group.Coordinators[0].EndAsync()).Expect(3).Error, StringComparison.Ordinal);
        _folder.Hold.Release();
        (await job.EndAsync()).Expect(0);

        Uninterrupted.AssertSame(await Uninterrupted.ClassifierAsync(), group.Run());
    }

    /// <summary>Submits the job and waits until it has trained to a step. It trains on, but not to its end: that waits for the release of the hold.</summary>
    private async Task<InProcessCommand> SubmitAsync(CoordinatorGroup group, int step)
    {
        _folder.Hold.At(step + 60);
        InProcessCommand job = group.Submit();
        await job.WaitUntilAsync(() => group.LoggedSteps >= step, $"step {step}");
        return job;
    }
}
