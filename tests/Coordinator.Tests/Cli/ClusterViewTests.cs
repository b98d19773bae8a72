using DistEmbed.Coordinator.Cli;
using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Tests.Grpc;

namespace DistEmbed.Coordinator.Tests.Cli;

public sealed class ClusterViewTests
{
    [Fact]
    public void Idle() => Shows(Statuses.Idle, """
        distembed 0.1.0  idle
        nodes      head-1  coordinator  up  127.0.0.1:4000  0.1.0
        """);

    [Fact]
    public void Preparing() => Shows(Statuses.Preparing, """
        distembed 0.1.0  preparing  kim-1 (job kim, stage vectors)
        nodes      head-1  coordinator  up  127.0.0.1:4000  0.1.0
        """);

    [Fact]
    public void Waiting_for_nodes_after_a_job_that_failed() => Shows(Statuses.Waiting, """
        distembed 0.1.0  waiting  kim-1 (job kim, stage vectors)
        nodes      head-1  coordinator  up  127.0.0.1:4000  0.1.0
        last job   kim-0  failed: the disk is full
        waiting    for 1 worker, 12.3 s: the job asks for 2 workers, 1 is here
        """);

    [Fact]
    public void Training() => Shows(Statuses.Training, """
        distembed 0.1.0  running  kim-1 (job kim)
        training   step 40/100  about 1:40:00 left  epoch 2/5  1:06:40 so far, granted to 48
        loss       0.5123  1,234 examples/s  23,457 words/s
        dev        best 0.8333 after step 20, last accuracy 0.8125, loss 0.4500 after step 40
        checkpoint step 20
        groups     embedding  frozen  rate 0     thaws at step 60
                   conv2      tuned   rate 0.05
                   bias       frozen  rate 0     until somebody thaws it
        workers    w-1  computing step 41 slice 0, draining  3 slices open  1,200 rows/s  1.4 MB/s
                   w-2  no report yet                        0 slices open      0 rows/s     0 B/s
        shards     0  applied 40, misses slice 1, 3, 2 pulls wait  12,345 rows stored  600 rows/s   720 B/s
                   1  applied 40                                       12 rows stored    0 rows/s  2.5 GB/s
        drift      embedding after step 20: 84.3 % of 16,188 words moved, mean cosine 0.9999, mean distance 0.01235; most: too, bad
        nodes      head-1    coordinator  up        127.0.0.1:4000  0.1.0
                   ps-1      server       up        127.0.0.1:4001  0.1.0  shard 0, shard 1
                   worker-1  worker       draining  127.0.0.1:4002  0.1.0  w-1
        """);

    [Fact]
    public void Recovering() => Shows(Statuses.Recovering, """
        distembed 0.1.0  recovering: a server was lost  kim-1 (job kim, stage vectors, attempt 2)
        nodes      head-1  coordinator  up  127.0.0.1:4000  0.1.0
        waiting    for ps-2, 0.5 s: hosts shard 1 anew
        """);

    [Fact]
    public void Finishing()
    {
        Shows(Statuses.Finishing, """
            distembed 0.1.0  finishing: tests, writes results  kim-1 (job kim, stage vectors)
            nodes      head-1  coordinator  up  127.0.0.1:4000  0.1.0
            """);
        Assert.Equal("kim-1 finishing: tests, writes results  vectors", ClusterLine.Of(Statuses.Finishing));
    }

    [Fact]
    public void A_state_that_a_later_version_added_is_shown_as_it_is() => Assert.Equal("mending", ClusterLine.Of(Statuses.Idle with { State = "mending" }));

    [Fact]
    public void Evaluating_before_the_first_result()
    {
        string[] lines = Lines(Statuses.Evaluating);
        Assert.StartsWith("evaluating step 40/100", lines[1], StringComparison.Ordinal);
        Assert.Equal(["loss       -  1,234 examples/s  23,457 words/s", "dev        not evaluated yet", "checkpoint none yet"], lines[2..5]);
    }

    [Fact]
    public void What_trains_on_no_examples_is_as_fast_as_its_units_go_by()
    {
        Assert.Equal("loss       0.5123  23,457 cells/s", Lines(Statuses.OfCells)[2]);
        Assert.Contains("  23,457 cells/s  ", ClusterLine.Of(Statuses.OfCells), StringComparison.Ordinal);
        Assert.Contains("  1,234 examples/s  ", ClusterLine.Of(Statuses.Training), StringComparison.Ordinal);
    }

    [Fact]
    public void Paused()
    {
        ClusterViewLine line = ClusterView.Lines(Statuses.Paused)[1];
        Assert.Equal(new ClusterViewLine("training   step 40/100  PAUSED: 'distembed resume' goes on  epoch 2/5  1:06:40 so far, granted to 48", ClusterViewTone.Warning), line);
    }

    [Fact]
    public void Nobody_misses_slices_of_a_step_that_is_not_granted() =>
        Assert.Contains(Lines(Statuses.AllApplied), l => l.StartsWith("shards     0  applied 40, 2 pulls wait  12,345", StringComparison.Ordinal));

    [Fact]
    public void A_stalled_worker_is_named_last_with_the_reason()
    {
        string[] lines = Lines(Statuses.Stalled);
        Assert.Contains(lines, l => l.StartsWith("workers    w-1  pulling step 41 slice 0, waits for shard 1, silent for 3.2 s, draining", StringComparison.Ordinal));
        Assert.Equal(new ClusterViewLine("waiting    for w-1, 3.2 s: slice 0 of step 41, silent for 3.2 s", ClusterViewTone.Warning), ClusterView.Lines(Statuses.Stalled)[^1]);
        Assert.Equal(
            "kim-1 running  kim  training  step 40/100  loss 0.5123  1,234 examples/s  best dev 0.8333  waiting for w-1: slice 0 of step 41, silent for 3.2 s",
            ClusterLine.Of(Statuses.Stalled));
    }

    [Fact]
    public void What_drift_does_not_know_is_left_out()
    {
        DriftStatus frozen = new("embedding", 20, 10, 0, null, null, null, []);
        Assert.Contains("drift      embedding after step 20: 0.0 % of 10 words moved", Lines(Statuses.Preparing with { Drift = [frozen] }));
    }

    private static string[] Lines(ClusterStatus status) => [.. ClusterView.Lines(status).Select(l => l.Text)];

    private static void Shows(ClusterStatus status, string expected) => Assert.Equal(expected, string.Join('\n', Lines(status)));
}
