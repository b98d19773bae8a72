using Xunit;

namespace DistEmbed.Testing;

/// <summary>A test that is long: see <see cref="TestScope"/>.</summary>
public sealed class LongFactAttribute : FactAttribute
{
    /// <summary>Skips the test unless everything is to run.</summary>
    public LongFactAttribute() => Skip = TestScope.All ? null : TestScope.Reason;
}

/// <summary>As <see cref="LongFactAttribute"/>, for several cases.</summary>
public sealed class LongTheoryAttribute : TheoryAttribute
{
    /// <summary>Skips the test unless everything is to run.</summary>
    public LongTheoryAttribute() => Skip = TestScope.All ? null : TestScope.Reason;
}

/// <summary>A test that needs the signals and the shell of Unix.</summary>
public sealed class UnixFactAttribute : FactAttribute
{
    /// <summary>Skips the test where there are none.</summary>
    /// <param name="isLong">Whether it is long: see <see cref="TestScope"/>.</param>
    public UnixFactAttribute(bool isLong = false) =>
        Skip = OperatingSystem.IsWindows() ? "needs Unix signals" : isLong && !TestScope.All ? TestScope.Reason : null;
}

/// <summary>As <see cref="UnixFactAttribute"/>, for several cases.</summary>
public sealed class UnixTheoryAttribute : TheoryAttribute
{
    /// <summary>Skips the test where there are none.</summary>
    public UnixTheoryAttribute() => Skip = OperatingSystem.IsWindows() ? "needs Unix signals" : null;
}
