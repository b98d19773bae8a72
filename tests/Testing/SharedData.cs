namespace DistEmbed.Testing;

/// <summary>
/// Finds the public data sets that lie outside the repository. They are large and optional: a test that needs one and does not find it says so and returns.
/// </summary>
public static class SharedData
{
    /// <summary>Environment variable that names the folder; it wins over the search.</summary>
    public const string Variable = "DISTEMBED_DATA";

    /// <summary>
    /// The data folder: what <see cref="Variable"/> names, or else <c>../shared/data</c> seen from the checkout; null where there is none.
    /// </summary>
    public static string? Root { get; } = FindRoot();

    /// <summary>Full path of a file or folder below <see cref="Root"/>, if it exists; otherwise false and the path that was looked for.</summary>
    public static bool TryFind(string relativePath, out string path)
    {
        path = Root is null ? relativePath : Path.Combine(Root, relativePath);
        return Root is not null && Path.Exists(path);
    }

    private static string? FindRoot()
    {
        string? named = Environment.GetEnvironmentVariable(Variable);
        if (!string.IsNullOrEmpty(named))
            return Directory.Exists(named) ? Path.GetFullPath(named) : null;
        string data = Path.GetFullPath(Path.Combine(Checkout.Found ?? "", "..", "shared", "data"));
        return Checkout.Found is not null && Directory.Exists(data) ? data : null;
    }
}
