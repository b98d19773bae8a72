using DistEmbed.Benchmarks;

var benchmarks = new Dictionary<string, (string What, Func<BenchmarkArguments, Task> Run)>(StringComparer.Ordinal)
{
    ["flat-cost"] = ("step time with 5,000,000 x 300 rows against 10,000; bytes a row; process memory. --blocks N --steps N --stored true|false", FlatCost.RunAsync),
    ["overhead"] = ("the whole path against plain loops on the same threads, and where a step's time goes. --blocks N --steps N --dimension N", Overhead.RunAsync),
    ["scaling-local"] = ("examples a second with 1 and 2 workers in one process. --blocks N --steps N --dimension N", ScalingLocal.RunAsync),
    ["scaling-processes"] = ("examples a second of a cluster of processes with 1 and 2 workers, and how fast status answers. --rounds N --steps N --skip N --dimension N --batch N --slices N --shards N --staleness N", ScalingProcesses.RunAsync),
    ["cbow"] = ("words a second of CBOW on wiki-en-2014.main. --words N --dimension N --batch N --blocks N", CbowSpeed.RunAsync),
    ["frozen"] = ("step time with the embedding tuned, half frozen, frozen. --blocks N --steps N --dimension N", FrozenSteps.RunAsync),
    ["optimizers"] = ("rows a second of every row optimizer. --dimension N --rows N", OptimizerSpeed.RunAsync),
    ["trees"] = ("trees a second of a Tree-LSTM, level by level and node by node. --blocks N --steps N --dimension N --hidden N --batch N", TreeSpeed.RunAsync),
    ["row-plane"] = ("rows pulled and pushed between two processes against a plain socket. --blocks N --megabytes N --dimension N", RowPlane.RunAsync),
};

if (args.Length == 0)
{
    Console.WriteLine("dotnet run -c Release --project tests/Benchmarks -- NAME [--option value ...]");
    foreach ((string name, (string what, _)) in benchmarks)
        Console.WriteLine($"  {name,-14} {what}");
    return 0;
}

if (!benchmarks.TryGetValue(args[0], out var benchmark))
{
    Console.Error.WriteLine($"no benchmark '{args[0]}'. There are: {string.Join(", ", benchmarks.Keys)}");
    return 2;
}

// Runs that wait for their turn each hold a thread of the pool; more than there are processors must not starve the one whose turn it is.
ThreadPool.SetMinThreads(32, 32);
try
{
    var arguments = new BenchmarkArguments(args[1..]);
    await benchmark.Run(arguments);
    return 0;
}
catch (ArgumentException wrong)
{
    Console.Error.WriteLine(wrong.Message);
    return 2;
}
