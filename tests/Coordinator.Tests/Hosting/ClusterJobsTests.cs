using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Hosting;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Run;

namespace DistEmbed.Coordinator.Tests.Hosting;

public sealed class ClusterJobsTests : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("distembed-jobs-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_second_job_is_refused_and_leaves_no_directory()
    {
        File.WriteAllText(Path.Combine(_folder, "train.txt"), string.Concat(Enumerable.Repeat("a one two\nb three four\n", 20)));
        string job = $$"""
            {
              "name": "toy", "data": { "format": "labelled-lines", "train": "train.txt", "root": "{{_folder}}" }, "vectors": { "dimension": 4 },
              "model": { "kind": "bag" }, "optimizers": { "default": { "kind": "sgd" } }, "training": { "epochs": 1 }
            }
            """;
        string runs = Path.Combine(_folder, "runs");
        using var meter = new RunMeter();
        var jobs = new ClusterJobs(runs, new Waiting(), meter, _ => { });
        Assert.Equal("toy-1", await jobs.SubmitAsync(job, [], null, CancellationToken.None).WaitAsync(s_deadline));

        await Assert.ThrowsAsync<CommandRefusedException>(() => jobs.SubmitAsync(job, [], null, CancellationToken.None));

        Assert.Equal(["toy-1"], Directory.GetDirectories(runs).Select(Path.GetFileName));
        await jobs.Stop(forGood: true)!.WaitAsync(s_deadline);
        Assert.Equal("interrupted", jobs.LastEnded!.Status);
    }

    private sealed class Waiting : IStageRunner
    {
        public bool ComputesHere => false;

        public async Task<RunOutcome> RunAsync(StageRun stage, CancellationToken stop)
        {
            await Task.Delay(Timeout.Infinite, stop);
            throw new InvalidOperationException("not reached");
        }
    }
}
