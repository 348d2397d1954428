using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Tests.Serialization;

public sealed class DisposableTests
{
    public static TheoryData<Type> Disposables => [.. typeof(MessageSerializer).Assembly.GetExportedTypes()
        .Where(static type => type is { IsInterface: false, IsAbstract: false } && typeof(IDisposable).IsAssignableFrom(type))];

    /// <summary>What has to be disposed of stands for something that a copy of its members does not.</summary>
    [Theory]
    [MemberData(nameof(Disposables))]
    public void What_is_to_be_disposed_of_says_how_it_travels_or_refuses_to(Type type)
    {
        bool travels = MessageResolver.HasFormatter(type);
        string? refusal = UnsupportedType.ReasonAgainst(type);

        Assert.NotEqual(travels, refusal is not null);
        Assert.True(travels || refusal!.StartsWith($"{TypeName.Of(type)} belongs to the process that made it; ", StringComparison.Ordinal));
    }
}
