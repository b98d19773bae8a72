namespace DistEmbed.Testing;

/// <summary>
/// How much the tests do. By default a representative part of what is long by nature: thousands of seeds, whole jobs, minutes of traffic.
/// With <c>DISTEMBED_TESTS=all</c>, as the build server sets it, all of it.
/// </summary>
public static class TestScope
{
    /// <summary>The environment variable.</summary>
    public const string Variable = "DISTEMBED_TESTS";

    /// <summary>Why a test that is long does not run by default.</summary>
    public const string Reason = $"long: runs with {Variable}=all";

    /// <summary>Whether everything is to run.</summary>
    public static bool All { get; } = Environment.GetEnvironmentVariable(Variable) switch
    {
        null or "" => false,
        "all" => true,
        string other => throw new InvalidOperationException($"{Variable}={other}: the only value is 'all'"),
    };

    /// <summary>All of something, or the part that is enough by default.</summary>
    public static T Of<T>(T all, T part) => All ? all : part;
}
