using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using static System.FormattableString;

namespace DistEmbed.Benchmarks;

/// <summary>Words a second of CBOW, window 5, 5 negatives, over English Wikipedia: plain loop and whole path.</summary>
internal static class CbowSpeed
{
    private const string Corpus = "corpus/wiki-en-2014.main.txt.gz";

    public static async Task RunAsync(BenchmarkArguments arguments)
    {
        int words = arguments.Int("words", 3_000_000), dimension = arguments.Int("dimension", 100), batch = arguments.Int("batch", 5000);
        int blocks = arguments.Int("blocks", 5);
        arguments.ThrowIfUnknown();
        if (!SharedData.TryFind(Corpus, out string path))
        {
            Console.WriteLine($"not run: {path} is not there. Set {SharedData.Variable} to the folder of the data sets.");
            return;
        }

        PreparedData data = DataPreparation.Prepare(
            new PlainTextData { Files = [path], Tokenizer = TokenizerKind.Whitespace, MinCount = 5 }, 1);
        var batches = new WordBatchPlan(data.Train, batch, 2, 1);
        int steps = Math.Max(1, Math.Min(batches.StepsPerEpoch, words / batch) / (blocks + 1));
        int total = (blocks + 1) * steps;
        var optimizer = new AdaGradSpec { LearningRate = 0.1 };
        CbowModel Model() => new(new CbowSpec(), data.Vocabulary, dimension);

        using CbowModel model = Model();
        var plain = new PlainLoop(model, optimizer, data.Train, batches, total);
        var loop = new Loop("plain loop, 1 thread", plain.Step);
        ClusterRun Run(int workers, int shards) => new(
            $"whole path, {workers} workers, {shards} shards", workers, shards, 2, optimizer, data.Train, batches, Model, [], total, data.Vocabulary);
        await using ClusterRun one = Run(1, 1), two = Run(2, 1), twoByTwo = Run(2, 2);
        Contest contest = Contest.Run([loop, one, two, twoByTwo], blocks, steps);

        Console.WriteLine(Invariant(
            $"CBOW, {dimension} numbers a word, window 5, 5 negatives, subsampling 1e-3, AdaGrad; {data.Vocabulary.Rows:N0} rows, {batch} words a step in 2 slices; {blocks} blocks of {steps} steps, {(long)total * batch:N0} words of {data.Train.TokenCount:N0}"));
        Console.WriteLine();
        Console.WriteLine("| | thousand words a second | ratio |");
        Console.WriteLine("| --- | --- | --- |");
        foreach (IContestant contestant in new IContestant[] { loop, one, two, twoByTwo })
            Console.WriteLine($"| {contestant.Name} | {contest.Of(contestant, b => b.Words / b.Seconds).Cell("0", 1e-3)} | {contest.Ratio(contestant, loop, b => b.Words / b.Seconds)} |");
        Console.WriteLine();
        Console.WriteLine($"plain loop, median ms a step: {plain.Times}");
        Console.WriteLine(Invariant($"model alone (prepare and train): {batch / (plain.Times.Of("prepare") + plain.Times.Of("train")) / 1e3:0} thousand words a second; word2vec.c's design point: 175 a thread at 300 numbers a word"));
    }
}
