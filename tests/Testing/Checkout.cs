namespace DistEmbed.Testing;

/// <summary>The checkout that the tests were built from: the folder with DistEmbed.sln above the test's binaries.</summary>
public static class Checkout
{
    /// <summary>The folder.</summary>
    public static string Root => Found ?? throw new InvalidOperationException($"No DistEmbed.sln above {AppContext.BaseDirectory}: these tests need the checkout that they were built from.");

    /// <summary>The folder, or null where the binaries lie outside a checkout.</summary>
    internal static string? Found { get; } = Find();

    /// <summary>Where a file or folder in it is or would be.</summary>
    public static string In(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The text of a file in it.</summary>
    public static string Text(params string[] parts) => File.ReadAllText(In(parts));

    /// <summary>Whether a program is on PATH.</summary>
    public static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    private static string? Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DistEmbed.sln")))
                return folder.FullName;
        }

        return null;
    }
}
