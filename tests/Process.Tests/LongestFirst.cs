using DistEmbed.Process.Tests;
using DistEmbed.Process.Tests.Cluster;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("DistEmbed.Process.Tests." + nameof(LongestFirst), "DistEmbed.Process.Tests")]

namespace DistEmbed.Process.Tests;

/// <summary>Classes of minutes begin first: one that began last would run alone, with a processor idle.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] s_long = [nameof(StandbyTests), nameof(ClusterTests), nameof(SteadyClusterTests), nameof(LiveChangeTests)];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) => testCollections.OrderBy(Rank);

    private static int Rank(ITestCollection collection) =>
        Array.FindIndex(s_long, name => collection.DisplayName.EndsWith("." + name, StringComparison.Ordinal)) is >= 0 and int rank ? rank : s_long.Length;
}
