using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Hosting;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Run;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Hosting;

public sealed class ClusterJobsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_second_job_is_refused_and_leaves_no_directory()
    {
        string job = Job(), runs = _folder.In("runs");
        using var meter = new RunMeter();
        var jobs = new ClusterJobs(runs, new Waiting(), meter, _ => { });
        Assert.Equal("toy-1", await jobs.SubmitAsync(job, [], null, null, CancellationToken.None).WaitAsync(Wait.Deadline));

        await Assert.ThrowsAsync<CommandRefusedException>(() => jobs.SubmitAsync(job, [], null, null, CancellationToken.None));

        Assert.Equal(["toy-1"], Directory.GetDirectories(runs).Select(Path.GetFileName));
        await jobs.Stop("me")!.WaitAsync(Wait.Deadline);
        Assert.Equal("interrupted", jobs.LastEnded!.Status);
    }

    [Fact]
    public async Task A_job_that_cannot_be_noted_is_not_under_way_and_another_may_come()
    {
        string job = Job(), runs = _folder.In("runs"), inTheWay = Path.Combine(runs, ".active.json");
        using var meter = new RunMeter();
        var jobs = new ClusterJobs(runs, new Waiting(), meter, _ => { });
        Directory.CreateDirectory(inTheWay);

        Assert.NotNull(await Record.ExceptionAsync(() => jobs.SubmitAsync(job, [], null, null, CancellationToken.None)));

        Assert.Null(jobs.Current);
        Assert.Equal([".active.json"], Directory.GetDirectories(runs).Select(Path.GetFileName));
        Directory.Delete(inTheWay);
        Assert.Equal("toy-1", await jobs.SubmitAsync(job, [], null, null, CancellationToken.None).WaitAsync(Wait.Deadline));
        await jobs.Stop("me")!.WaitAsync(Wait.Deadline);
    }

    [Fact]
    public async Task A_coordinator_that_leaves_hands_its_job_over_and_takes_no_other()
    {
        string job = Job(), runs = _folder.In("runs");
        using var meter = new RunMeter();
        var jobs = new ClusterJobs(runs, new Waiting(), meter, _ => { });
        await jobs.SubmitAsync(job, [], null, null, CancellationToken.None).WaitAsync(Wait.Deadline);

        await jobs.Close(handOver: true)!.WaitAsync(Wait.Deadline);

        Assert.Equal("handed-over", jobs.LastEnded!.Status);
        await Assert.ThrowsAsync<CommandRefusedException>(() => jobs.SubmitAsync(job, [], null, null, CancellationToken.None));
        var next = new ClusterJobs(runs, new Waiting(), meter, _ => { });
        next.TakeUp();
        Assert.Equal(("toy-1", true), (next.Current!.Value.RunDirectory, next.TakenUp));
        await next.Close(handOver: false)!.WaitAsync(Wait.Deadline);
        Assert.Equal("interrupted", next.LastEnded!.Status);
    }

    [Fact]
    public async Task A_job_that_was_stopped_for_good_is_not_handed_over()
    {
        string runs = _folder.In("runs");
        using var meter = new RunMeter();
        var jobs = new ClusterJobs(runs, new Waiting(), meter, _ => { });
        await jobs.SubmitAsync(Job(), [], null, null, CancellationToken.None).WaitAsync(Wait.Deadline);
        Task stopped = jobs.Stop("me")!;
        _ = jobs.Close(handOver: true);
        await stopped.WaitAsync(Wait.Deadline);

        Assert.Equal("interrupted", jobs.LastEnded!.Status);
        var next = new ClusterJobs(runs, new Waiting(), meter, _ => { });
        next.TakeUp();
        Assert.Null(next.Current);
    }

    [Fact]
    public async Task A_job_that_was_stopped_and_is_resumed_is_taken_up_by_the_next_coordinator_again()
    {
        string job = Job(), runs = _folder.In("runs");
        using var meter = new RunMeter();
        var jobs = new ClusterJobs(runs, new Waiting(), meter, _ => { });
        await jobs.SubmitAsync(job, [], null, null, CancellationToken.None).WaitAsync(Wait.Deadline);
        await jobs.Stop("me")!.WaitAsync(Wait.Deadline);

        Assert.Equal("toy-1", await jobs.SubmitAsync(job, [], "toy-1", null, CancellationToken.None).WaitAsync(Wait.Deadline));
        await jobs.Close(handOver: true)!.WaitAsync(Wait.Deadline);

        Assert.Equal("handed-over", jobs.LastEnded!.Status);
        var next = new ClusterJobs(runs, new Waiting(), meter, _ => { });
        next.TakeUp();
        Assert.Equal("toy-1", next.Current?.RunDirectory);
        await next.Stop("me")!.WaitAsync(Wait.Deadline);
    }

    [Fact]
    public async Task A_job_whose_process_coordinates_no_longer_is_left_to_the_next()
    {
        string runs = _folder.In("runs");
        using var meter = new RunMeter();
        var cutOff = new TaskCompletionSource();
        var jobs = new ClusterJobs(runs, new CutOff(cutOff.Task), meter, _ => { });
        await jobs.SubmitAsync(Job(), [], null, null, CancellationToken.None).WaitAsync(Wait.Deadline);
        Task ended = jobs.Ended;
        cutOff.SetResult();
        await ended.WaitAsync(Wait.Deadline);

        Assert.Equal("handed-over", jobs.LastEnded!.Status);
        var next = new ClusterJobs(runs, new Waiting(), meter, _ => { });
        next.TakeUp();
        Assert.Equal("toy-1", next.Current!.Value.RunDirectory);
        await next.Stop("me")!.WaitAsync(Wait.Deadline);
    }

    private string Job()
    {
        _folder.Write("train.txt", string.Concat(Enumerable.Repeat("a one two\nb three four\n", 20)));
        return $$"""
            {
              "name": "toy", "data": { "format": "labelled-lines", "train": "train.txt", "root": "{{_folder.Path}}" }, "vectors": { "dimension": 4 },
              "model": { "kind": "bag" }, "optimizers": { "default": { "kind": "sgd" } }, "training": { "epochs": 1 }
            }
            """;
    }

    private sealed class CutOff(Task cutOff) : IStageRunner
    {
        public bool ComputesHere => false;

        public async Task<RunOutcome> RunAsync(StageRun stage, CancellationToken stop)
        {
            await cutOff.WaitAsync(stop);
            throw new NoLongerCoordinatesException();
        }
    }

    private sealed class Waiting : IStageRunner
    {
        public bool ComputesHere => false;

        public async Task<RunOutcome> RunAsync(StageRun stage, CancellationToken stop)
        {
            await new TaskCompletionSource().Task.WaitAsync(stop);
            throw new InvalidOperationException("not reached");
        }
    }
}
