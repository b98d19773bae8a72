using System.Diagnostics;
using static System.FormattableString;

namespace DistEmbed.Benchmarks;

/// <summary>What a block of steps cost.</summary>
/// <param name="StepSeconds">Median time of a step.</param>
/// <param name="Seconds">Time of the block.</param>
/// <param name="Steps">Steps of the block.</param>
/// <param name="Examples">Examples trained.</param>
/// <param name="Words">Words trained.</param>
/// <param name="CpuSeconds">Processor time of the whole process: what a busy machine disturbs least.</param>
/// <param name="AllocatedBytes">Managed bytes allocated.</param>
internal sealed record Block(double StepSeconds, double Seconds, int Steps, long Examples, long Words, double CpuSeconds, long AllocatedBytes);

/// <summary>Something whose steps are timed in blocks, in turn with others.</summary>
internal interface IContestant
{
    string Name { get; }

    Block Run(int steps);
}

/// <summary>Steps that are called one after the other on this thread.</summary>
internal sealed class Loop(string name, Func<int, (int Examples, long Words)> step) : IContestant
{
    private int _step;

    public string Name => name;

    public Block Run(int steps)
    {
        var times = new double[steps];
        long examples = 0, words = 0, allocated = GC.GetTotalAllocatedBytes();
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < steps; i++)
        {
            long before = Stopwatch.GetTimestamp();
            (int e, long w) = step(++_step);
            times[i] = Stopwatch.GetElapsedTime(before).TotalSeconds;
            examples += e;
            words += w;
        }

        return new Block(
            new Samples(times).Median, Stopwatch.GetElapsedTime(start).TotalSeconds, steps, examples, words, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds,
            GC.GetTotalAllocatedBytes() - allocated);
    }
}

/// <summary>
/// Runs contestants in turn, so that what else the machine does hits all of them: blocks of each to warm up, then the blocks that count. Ratios are formed
/// within a round.
/// </summary>
internal sealed class Contest
{
    private readonly IReadOnlyList<IContestant> _contestants;
    private readonly Block[][] _blocks;

    private Contest(IReadOnlyList<IContestant> contestants, Block[][] blocks) => (_contestants, _blocks) = (contestants, blocks);

    /// <param name="contestants">Who runs.</param>
    /// <param name="blocks">Blocks that count.</param>
    /// <param name="steps">Steps of a block.</param>
    /// <param name="warmUpSeconds">Blocks are run until they took so long, at least one: short steps need many before the runtime has compiled them for good.</param>
    public static Contest Run(IReadOnlyList<IContestant> contestants, int blocks, int steps, double warmUpSeconds = 0)
    {
        foreach (IContestant contestant in contestants)
        {
            double seconds = 0;
            do
                seconds += contestant.Run(steps).Seconds;
            while (seconds < warmUpSeconds);
        }

        Block[][] results = [.. contestants.Select(_ => new Block[blocks])];
        for (int round = 0; round < blocks; round++)
        {
            for (int i = 0; i < contestants.Count; i++)
            {
                int turn = (i + round) % contestants.Count;
                results[turn][round] = contestants[turn].Run(steps);
            }
        }

        return new Contest(contestants, results);
    }

    public Samples Of(IContestant contestant, Func<Block, double> value) => new(_blocks[IndexOf(contestant)].Select(value));

    public Samples Ratio(IContestant over, IContestant under, Func<Block, double> value) =>
        new(_blocks[IndexOf(over)].Zip(_blocks[IndexOf(under)], (a, b) => value(a) / value(b)));

    /// <summary>A line a contestant: step time, its ratio to the first's, processor time and its ratio, allocation.</summary>
    public void PrintSteps()
    {
        Console.WriteLine("| | ms a step | ratio | processor ms a step | ratio | KB allocated a step |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- |");
        foreach (IContestant contestant in _contestants)
        {
            Console.WriteLine(Invariant(
                $"| {contestant.Name} | {Of(contestant, b => b.StepSeconds).Cell("0.00", 1e3)} | {Ratio(contestant, _contestants[0], b => b.StepSeconds)} | {Of(contestant, b => b.CpuSeconds / b.Steps).Cell("0.00", 1e3)} | {Ratio(contestant, _contestants[0], b => b.CpuSeconds / b.Steps)} | {Of(contestant, b => (double)b.AllocatedBytes / b.Steps).Median / 1024:0} |"));
        }
    }

    private int IndexOf(IContestant contestant)
    {
        for (int i = 0; i < _contestants.Count; i++)
        {
            if (_contestants[i] == contestant)
                return i;
        }

        throw new ArgumentException($"{contestant.Name} takes no part");
    }
}
