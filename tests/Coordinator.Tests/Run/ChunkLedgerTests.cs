using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Measures;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Tests.Run;

public class ChunkLedgerTests
{
    private const int Step = 4;

    // Three chunks, the last of them with two examples.
    private readonly ChunkLedger _ledger = new(EvaluationPart.Dev, Step, 2 * EvaluateChunks.ChunkSize + 2, MeasureSet.Accuracy);

    [Fact]
    public void A_late_chunk_of_the_previous_evaluation_is_ignored()
    {
        Grant(default, "a");
        Assert.Null(_ledger.Complete(Done(0) with { Step = Step - 2 }, default));
        Assert.Null(_ledger.Complete(Done(0) with { Part = EvaluationPart.Test }, default));
        Assert.Equal([0, 1, 2], _ledger.Open);
        Assert.NotNull(_ledger.Complete(Done(0), default));
        Assert.Equal([1, 2], _ledger.Open);
    }

    [Fact]
    public void The_first_result_of_a_chunk_counts_and_losses_are_summed_in_the_order_of_chunks()
    {
        Grant(default, "a");
        _ledger.Complete(Done(2) with { LossSum = 1e16, Examples = 2, Sums = [1, 2] }, default);
        Assert.Null(_ledger.Complete(Done(2, "b") with { LossSum = 5 }, default));
        _ledger.Complete(Done(0) with { LossSum = 1 }, default);
        Assert.False(_ledger.IsDone, "chunk 1 has no result yet");
        _ledger.Complete(Done(1) with { LossSum = 1 }, default);
        Assert.True(_ledger.IsDone, "every chunk has a result");
        EvaluationRecord record = _ledger.Sum(epoch: 1);
        // 1e16 + 1 + 1 would be 1e16. Of 64 examples 32 are right, of the two of the last chunk one.
        Assert.Equal((Step, 1, (1 + 1 + 1e16) / 130, 65.0 / 130), (record.Step, record.Epoch, record.Loss, record.Scores.Main));
    }

    [Fact]
    public void A_chunk_takes_the_time_since_its_workers_last_result_or_since_it_was_granted()
    {
        Grant(Seconds(1), "a");
        Assert.Equal(Seconds(2), _ledger.Complete(Done(0), Seconds(3)));
        Assert.Equal(Seconds(4), _ledger.Complete(Done(2), Seconds(7)));
        Assert.Equal(("a", Seconds(7)), Assert.Single(_ledger.Awaited));
        Assert.Empty(_ledger.FindLate(Seconds(9), Seconds(2)));
        Assert.Equal(["a"], _ledger.FindLate(Seconds(9), Seconds(1.9)));
        Assert.Equal(Seconds(3), _ledger.Complete(Done(1), Seconds(10)));
        Assert.Empty(_ledger.Awaited);
    }

    [Fact]
    public void Chunks_that_only_late_workers_hold_are_granted_to_others_once()
    {
        Assert.Equal([("a", [0, 2]), ("b", [1])], Grant(default, "a", "b"));
        Assert.Empty(Grant(default, "a", "b"));
        Assert.Equal([("a", [1])], Of(_ledger.Grant(["a"], worker => worker == "b", Seconds(5))));
        Assert.Empty(_ledger.Grant(["a"], worker => worker == "b", Seconds(6)));
        Assert.Equal([0, 1, 2], _ledger.OpenOf("a"));
        Assert.Equal([1], _ledger.OpenOf("b"));
    }

    [Fact]
    public void Chunks_of_a_lost_worker_are_granted_to_others()
    {
        Grant(default, "a", "b");
        _ledger.Complete(Done(0), default);
        _ledger.Forget("a");
        Assert.Empty(_ledger.OpenOf("a"));
        Assert.Equal([("b", [2])], Grant(default, "b"));
    }

    [Fact]
    public void Sums_that_do_not_fit_the_measures_are_refused_with_both_numbers()
    {
        Grant(default, "a");
        var unfit = Assert.Throws<InvalidOperationException>(() => _ledger.Complete(Done(0) with { Sums = [1, 2, 3] }, default));
        Assert.Contains("3 sums", unfit.Message, StringComparison.Ordinal);
        Assert.Contains("are made of 2", unfit.Message, StringComparison.Ordinal);
    }

    private (string Worker, int[] Chunks)[] Grant(TimeSpan now, params string[] available) => Of(_ledger.Grant(available, _ => false, now));

    private static (string Worker, int[] Chunks)[] Of(IEnumerable<(string Worker, EvaluateChunks Chunks)> granted) =>
        [.. granted.Select(g => (g.Worker, g.Chunks.Chunks.ToArray()))];

    private static ChunkEvaluated Done(int chunk, string worker = "a") => new(worker, EvaluationPart.Dev, Step, chunk, 1, EvaluateChunks.ChunkSize, [32, 64]);

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
