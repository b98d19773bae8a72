using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Training;
using static System.FormattableString;

namespace DistEmbed.Benchmarks;

/// <summary>Examples a second with one and two workers in one process; sync, so both do the same arithmetic.</summary>
internal static class ScalingLocal
{
    private const int Words = 16000;

    public static async Task RunAsync(BenchmarkArguments arguments)
    {
        int blocks = arguments.Int("blocks", 7), steps = arguments.Int("steps", 60), dimension = arguments.Int("dimension", 300);
        arguments.ThrowIfUnknown();
        TorchRuntime.Configure(InstructionSet.Avx2, 1);
        var sentences = new SyntheticSentences(138, 50, 2, Words, SyntheticSentences.OwnRow);
        int total = (blocks + 1) * steps;
        ClusterRun Run(int workers, int shards) => new(
            $"{workers} workers, {shards} shards", workers, shards, 2, new AdadeltaSpec { Untouched = UntouchedRows.Exact }, sentences.Data, sentences,
            () => new TextCnn(new TextCnnSpec(), Words + 2, dimension, 2, 0.25f), [], total);
        await using ClusterRun one = Run(1, 1), two = Run(2, 1), twoByTwo = Run(2, 2);
        Contest contest = Contest.Run([one, two, twoByTwo], blocks, steps);

        Console.WriteLine(Invariant($"text-cnn 3 x 100 maps, batch 50 in 2 slices, {dimension} numbers a word, Adadelta; {blocks} blocks of {steps} steps, {Environment.ProcessorCount} processors"));
        Console.WriteLine();
        Console.WriteLine("| | examples a second | ratio |");
        Console.WriteLine("| --- | --- | --- |");
        foreach (ClusterRun run in new[] { one, two, twoByTwo })
            Console.WriteLine($"| {run.Name} | {contest.Of(run, b => b.Examples / b.Seconds).Cell("0")} | {contest.Ratio(run, one, b => b.Examples / b.Seconds)} |");
    }
}
