using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Tests.Run;

public class NodeReportsTests
{
    private static readonly WorkerReport s_computing = new("a", WorkerActivity.Computing, 21, 3, [], 0, 0, 0, 0);

    private readonly NodeReports _reports = new();

    [Fact]
    public void What_a_worker_does_counts_from_the_first_report_that_says_so()
    {
        _reports.Join("a", Seconds(0));
        Assert.Equal("it: has not said what it does", WaitFor(21, 3, at: 0.5));
        _reports.Take(s_computing, Seconds(1));
        _reports.Take(s_computing with { RowsPulled = 5 }, Seconds(2));
        Assert.Equal("it: computing for 2.0 s", WaitFor(21, 3, at: 3));
    }

    [Theory]
    [InlineData(WorkerActivity.Pushing, 21, 3, "pushing gradients")]
    [InlineData(WorkerActivity.Preparing, 21, 3, "preparing")]
    [InlineData(WorkerActivity.Computing, 22, 3, "computing")]
    [InlineData(WorkerActivity.Computing, 21, 4, "computing")]
    public void What_a_worker_does_counts_anew_with_another_activity_step_or_slice(WorkerActivity doing, int step, int slice, string word)
    {
        _reports.Join("a", Seconds(0));
        _reports.Take(s_computing, Seconds(1));
        _reports.Take(s_computing with { Doing = doing, Step = step, Slice = slice }, Seconds(2));
        Assert.Equal($"it: {word} for 1.0 s", WaitFor(step, slice, at: 3));
    }

    [Fact]
    public void A_worker_that_is_at_something_else_is_busy_with_it_or_idle()
    {
        _reports.Join("a", Seconds(0));
        _reports.Take(s_computing, Seconds(1));
        Assert.Equal("it: busy with 3 of step 21: computing", WaitFor(22, 3, at: 2));
        Assert.Equal("it: busy with 3 of step 21: computing", WaitFor(21, 4, at: 2));
        Assert.Equal("it: computing for 1.0 s", WaitFor(21, null, at: 2)); // any chunk of the step
        _reports.Take(s_computing with { Doing = WorkerActivity.Idle, Step = 0, Slice = 0 }, Seconds(2));
        Assert.Equal("it: idle", WaitFor(22, 3, at: 3));
    }

    [Fact]
    public void Silence_counts_from_the_last_report_or_from_joining()
    {
        _reports.Join("a", Seconds(0));
        Assert.Equal("it: has not said what it does", WaitFor(21, 3, at: 1.5));
        Assert.Equal("it: silent for 1.6 s", WaitFor(21, 3, at: 1.6));
        _reports.Take(s_computing, Seconds(2));
        Assert.Equal("it: silent for 2.0 s", WaitFor(21, 3, at: 4));
        _reports.Join(1, Seconds(0));
        _reports.Take(new ShardReport(1, 20, [], 0, 0, 0, 0, 0, 0), Seconds(2));
        Assert.Empty(_reports.SilentShards(Seconds(3.5)));
        Assert.Equal(new Awaited("shard-1", "silent for 2.0 s", 2), Assert.Single(_reports.SilentShards(Seconds(4))));
    }

    [Fact]
    public void A_worker_that_pulls_waits_for_shards_since_it_began_to()
    {
        _reports.Join("a", Seconds(0));
        _reports.Join(1, Seconds(3));
        _reports.Take(s_computing with { Doing = WorkerActivity.Pulling, Shards = [1] }, Seconds(2));
        _reports.Take(s_computing with { Doing = WorkerActivity.Pulling, Shards = [1] }, Seconds(3));
        Assert.Equal(
            [new Awaited("a", "it: pulling rows for 2.0 s, waits for shard-1", 4), new Awaited("shard-1", "a waits for it to give rows for it", 2)],
            _reports.WaitFor("a", "it", Seconds(0), 21, 3, Seconds(4)));
    }

    [Fact]
    public void Reports_of_a_worker_that_has_not_joined_or_is_gone_are_ignored()
    {
        _reports.Take(s_computing, Seconds(1));
        _reports.Join("a", Seconds(2));
        Assert.Null(_reports.StatusOf("a", 0, false, Seconds(2)).Report);
        _reports.Take(s_computing, Seconds(3));
        Assert.Equal(s_computing, _reports.StatusOf("a", 0, false, Seconds(3)).Report);
        _reports.Forget("a");
        _reports.Take(s_computing, Seconds(4));
        _reports.Join("a", Seconds(5)); // another process under the same name
        Assert.Null(_reports.StatusOf("a", 0, false, Seconds(5)).Report);
    }

    [Fact]
    public void Rates_are_those_of_all_rows_and_bytes_that_a_worker_moves()
    {
        _reports.Join("a", Seconds(0));
        _reports.Take(s_computing with { RowsPulled = 10, RowsPushed = 20, BytesPulled = 100, BytesPushed = 200 }, Seconds(1));
        _reports.Take(s_computing with { RowsPulled = 14, RowsPushed = 26, BytesPulled = 140, BytesPushed = 260 }, Seconds(3));
        Assert.Equal(new WorkerStatus("a", _reports.StatusOf("a", 2, true, Seconds(3)).Report, 0, 5, 50, 2, true), _reports.StatusOf("a", 2, true, Seconds(3)));
    }

    private string WaitFor(int step, int? piece, double at) => Assert.Single(_reports.WaitFor("a", "it", Seconds(0), step, piece, Seconds(at))).Why;

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
